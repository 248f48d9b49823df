-- Mails about a seat that somebody let go for one on another date, or handed over; and to the colleague who may take it over, which is
-- about a session, and about no enrollment of theirs.
ALTER TABLE delivery
    DROP CONSTRAINT template_is_known,
    ADD CONSTRAINT template_is_known
        CHECK (template IN ('confirmed', 'confirmed-from-waiting-list', 'waitlisted', 'offered', 'offer-lapsed', 'list-ended',
                            'moved-with-a-seat', 'moved', 'session-cancelled', 'cancelled', 'sign-in', 'invitation',
                            'approval-asked', 'approval-asked-first', 'approval-asked-in-turn', 'waitlisted-for-approval',
                            'approved', 'approved-and-waiting', 'declined', 'approval-lapsed', 'moved-with-a-request', 'completed',
                            'outcome-corrected', 'to-other-session', 'transferred', 'transfer')),
    DROP CONSTRAINT mails_about_a_session_name_it,
    ADD CONSTRAINT mails_about_a_session_name_it
        CHECK ((template IN ('sign-in', 'invitation')) = (session_id IS NULL)
               AND (template IN ('sign-in', 'invitation', 'transfer')) = (enrollment_id IS NULL));
