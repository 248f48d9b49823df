-- For how many hours before the start a withdrawal counts as late; none where it is free until the start.
ALTER TABLE session
    ADD COLUMN withdraw_hours integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT withdrawing_is_late_at_most_for_weeks CHECK (withdraw_hours BETWEEN 0 AND 720);

-- How often which reason was given with a withdrawal. It says of nobody why they left: an illness is nobody's business, and a count
-- does without a name.
CREATE TABLE withdrawal_reason (
    session_id uuid    NOT NULL,
    why        text    NOT NULL,
    given      integer NOT NULL,
    PRIMARY KEY (session_id, why),
    CONSTRAINT reason_is_of_a_session FOREIGN KEY (session_id) REFERENCES session,
    CONSTRAINT reason_is_known CHECK (why IN ('illness', 'work', 'other-session', 'other')),
    CONSTRAINT reason_was_given CHECK (given > 0)
);
GRANT SELECT ON withdrawal_reason TO skillslab_reader;
ALTER TABLE withdrawal_reason ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisers_see_their_fieldlabs ON withdrawal_reason FOR SELECT TO skillslab_reader
    USING (session_id IN (SELECT session_id FROM session WHERE fieldlab_id = ANY ((SELECT asking_scopes('organiser'))::text[])));
