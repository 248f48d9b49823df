-- Mails about a request for approval, and what became of it.
ALTER TABLE delivery
    ADD COLUMN because text,  -- why, as a slug, for a mail that says it
    DROP CONSTRAINT template_is_known,
    DROP CONSTRAINT until_is_for_an_offer,
    DROP CONSTRAINT position_is_for_who_waits,
    ADD CONSTRAINT template_is_known
        CHECK (template IN ('confirmed', 'confirmed-from-waiting-list', 'waitlisted', 'offered', 'offer-lapsed', 'moved-with-a-seat',
                            'moved', 'session-cancelled', 'cancelled', 'sign-in', 'invitation', 'approval-asked',
                            'approval-asked-first', 'approval-asked-in-turn', 'waitlisted-for-approval', 'approved',
                            'approved-and-waiting', 'declined', 'approval-lapsed', 'moved-with-a-request')),
    ADD CONSTRAINT until_is_for_what_is_to_be_answered
        CHECK ((template IN ('offered', 'approval-asked', 'approval-asked-first', 'approval-asked-in-turn')) = (until IS NOT NULL)),
    ADD CONSTRAINT position_is_for_who_waits
        CHECK ((template IN ('waitlisted', 'waitlisted-for-approval', 'approved-and-waiting')) = (position IS NOT NULL)),
    ADD CONSTRAINT because_is_for_a_no CHECK ((template = 'declined') = (because IS NOT NULL));
