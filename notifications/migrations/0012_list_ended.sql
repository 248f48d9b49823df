-- Mails to who waited in vain until the training began.
ALTER TABLE delivery
    DROP CONSTRAINT template_is_known,
    ADD CONSTRAINT template_is_known
        CHECK (template IN ('confirmed', 'confirmed-from-waiting-list', 'waitlisted', 'offered', 'offer-lapsed', 'list-ended',
                            'moved-with-a-seat',
                            'moved', 'session-cancelled', 'cancelled', 'sign-in', 'invitation', 'approval-asked',
                            'approval-asked-first', 'approval-asked-in-turn', 'waitlisted-for-approval', 'approved',
                            'approved-and-waiting', 'declined', 'approval-lapsed', 'moved-with-a-request', 'completed',
                            'outcome-corrected', 'ticket', 'ticket-ended', 'ticket-refused'));
