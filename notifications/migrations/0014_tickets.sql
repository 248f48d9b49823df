-- Mails about a ticket: that somebody takes part in a draw, and that it came to nothing.
ALTER TABLE delivery
    DROP CONSTRAINT template_is_known,
    DROP CONSTRAINT until_is_for_what_is_to_be_answered,
    DROP CONSTRAINT mails_about_a_session_name_it,
    ADD CONSTRAINT template_is_known
        CHECK (template IN ('confirmed', 'confirmed-from-waiting-list', 'waitlisted', 'offered', 'offer-lapsed', 'list-ended',
                            'moved-with-a-seat', 'moved', 'session-cancelled', 'cancelled', 'sign-in', 'invitation',
                            'approval-asked', 'approval-asked-first', 'approval-asked-in-turn', 'waitlisted-for-approval',
                            'approved', 'approved-and-waiting', 'declined', 'approval-lapsed', 'moved-with-a-request', 'completed',
                            'outcome-corrected', 'to-other-session', 'transferred', 'transfer', 'ticket', 'ticket-ended',
                            'ticket-refused')),
    ADD CONSTRAINT mails_about_a_session_name_it
        CHECK ((template IN ('sign-in', 'invitation')) = (session_id IS NULL)
               AND (template IN ('sign-in', 'invitation', 'transfer', 'ticket', 'ticket-ended', 'ticket-refused'))
                   = (enrollment_id IS NULL)),
    ADD CONSTRAINT until_is_for_what_is_to_be_answered_or_drawn
        CHECK ((template IN ('offered', 'approval-asked', 'approval-asked-first', 'approval-asked-in-turn', 'ticket'))
               = (until IS NOT NULL));
