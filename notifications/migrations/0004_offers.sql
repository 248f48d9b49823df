ALTER TABLE delivery
    ADD COLUMN until timestamptz,  -- until when the seat is held
    DROP CONSTRAINT template_is_known,
    ADD CONSTRAINT template_is_known
        CHECK (template IN ('confirmed', 'confirmed-from-waiting-list', 'waitlisted', 'offered', 'offer-lapsed', 'cancelled',
                            'sign-in', 'invitation')),
    ADD CONSTRAINT until_is_for_an_offer CHECK ((template = 'offered') = (until IS NOT NULL));
