-- Mails about a seat that is held for somebody, and about a session that moves or does not take place.
ALTER TABLE delivery
    ADD COLUMN until     timestamptz,                  -- until when the seat is held
    ADD COLUMN described integer NOT NULL DEFAULT 0,   -- by which revision the session has to be described before it is told
    DROP CONSTRAINT template_is_known,
    ADD CONSTRAINT template_is_known
        CHECK (template IN ('confirmed', 'confirmed-from-waiting-list', 'waitlisted', 'offered', 'offer-lapsed', 'moved-with-a-seat',
                            'moved', 'session-cancelled', 'cancelled', 'sign-in', 'invitation')),
    ADD CONSTRAINT until_is_for_an_offer CHECK ((template = 'offered') = (until IS NOT NULL));
ALTER TABLE session ADD COLUMN course_id uuid;  -- where other dates are; unknown for what was described before
