-- Mails about a seat that somebody let go for one on another date.
ALTER TABLE delivery
    DROP CONSTRAINT template_is_known,
    ADD CONSTRAINT template_is_known
        CHECK (template IN ('confirmed', 'confirmed-from-waiting-list', 'waitlisted', 'offered', 'offer-lapsed', 'moved-with-a-seat',
                            'moved', 'session-cancelled', 'cancelled', 'to-other-session', 'sign-in', 'invitation'));
