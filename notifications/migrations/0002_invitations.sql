ALTER TABLE delivery
    DROP CONSTRAINT template_is_known,
    DROP CONSTRAINT mails_about_a_session_name_it,
    ADD CONSTRAINT template_is_known
        CHECK (template IN ('confirmed', 'confirmed-from-waiting-list', 'waitlisted', 'cancelled', 'sign-in', 'invitation')),
    ADD CONSTRAINT mails_about_a_session_name_it
        CHECK ((template IN ('sign-in', 'invitation')) = (session_id IS NULL)
               AND (template IN ('sign-in', 'invitation')) = (enrollment_id IS NULL));
