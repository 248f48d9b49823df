-- Mails about a ticket: that somebody takes part in a draw, and that it came to nothing.
ALTER TABLE delivery
    DROP CONSTRAINT template_is_known,
    DROP CONSTRAINT until_is_for_an_offer,
    DROP CONSTRAINT mails_about_a_session_name_it,
    ADD CONSTRAINT template_is_known
        CHECK (template IN ('confirmed', 'confirmed-from-waiting-list', 'waitlisted', 'offered', 'offer-lapsed', 'moved-with-a-seat',
                            'moved', 'session-cancelled', 'cancelled', 'completed', 'outcome-corrected', 'ticket', 'ticket-ended', 'ticket-refused',
                            'sign-in', 'invitation')),
    ADD CONSTRAINT mails_about_a_session_name_it
        CHECK ((template IN ('sign-in', 'invitation')) = (session_id IS NULL)
               AND (template IN ('sign-in', 'invitation', 'ticket', 'ticket-ended', 'ticket-refused')) = (enrollment_id IS NULL)),
    ADD CONSTRAINT until_is_for_an_offer_or_a_draw CHECK ((template IN ('offered', 'ticket')) = (until IS NOT NULL));
