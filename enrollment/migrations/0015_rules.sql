-- Whoever is in a session, with a seat or in the queue, claims its course. It crosses sessions, and so has a key of its own.
CREATE TABLE person_claim (
    person_id     uuid NOT NULL,
    course_id     uuid NOT NULL,
    session_id    uuid NOT NULL,
    enrollment_id uuid NOT NULL,
    CONSTRAINT one_session_of_a_course_at_a_time PRIMARY KEY (person_id, course_id)
);
-- Of who is in several already, a seat counts first, and then what came first.
INSERT INTO person_claim (person_id, course_id, session_id, enrollment_id)
SELECT DISTINCT ON (e.person_id, s.about ->> 'courseId') e.person_id, (s.about ->> 'courseId')::uuid, e.session_id, e.enrollment_id
  FROM enrollment e
  JOIN session s USING (session_id)
 WHERE e.state NOT IN ('cancelled', 'declined') AND NOT e.anonymous AND s.ends_at > now()
 ORDER BY e.person_id, s.about ->> 'courseId', e.seat_no IS NULL, e.registered_at;

-- What a session asks of who comes, and what it keeps for whom. Seats that are kept are free, and not for all.
ALTER TABLE session
    ADD COLUMN rules     jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN rules_due timestamptz;      -- when the clock has to look at them again
CREATE INDEX rules_in_time ON session (rules_due) WHERE rules_due IS NOT NULL;

CREATE FUNCTION seats_kept(rules jsonb) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT coalesce(sum((kept ->> 'left')::integer), 0)::integer FROM jsonb_array_elements(rules -> 'reserved') AS kept
$$;
CREATE FUNCTION somebody_waits_beside_kept(rules jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT EXISTS (SELECT FROM jsonb_array_elements(rules -> 'reserved') AS kept
                WHERE (kept ->> 'left')::integer > 0 AND (rules -> 'waiting' ->> (kept ->> 'group'))::integer > 0)
$$;
-- Each is written with each decision, so that what is cheap to see comes first: most sessions keep nothing.
ALTER TABLE session
    DROP CONSTRAINT nobody_waits_beside_a_free_seat,
    ADD CONSTRAINT nobody_waits_beside_a_free_seat CHECK (waiting_alone = 0 OR seats_left = seats_kept(rules)),
    ADD CONSTRAINT nobody_waits_beside_a_seat_kept_for_them
        CHECK (NOT rules ? 'reserved' OR NOT somebody_waits_beside_kept(rules)),
    ADD CONSTRAINT kept_seats_are_free
        CHECK (NOT rules ? 'reserved' OR seats_kept(rules) = 0 OR seats_kept(rules) BETWEEN 1 AND seats_left),
    ADD CONSTRAINT kept_is_not_more_than_was_set_apart
        CHECK (NOT rules ? 'reserved' OR NOT jsonb_path_exists(rules, '$.reserved[*] ? (@.left < 0 || @.left > @.seats)')),
    ADD CONSTRAINT a_minimum_is_decided_about
        CHECK ((rules ? 'minimum') = (rules ? 'going') AND (rules ? 'minimum') = (rules ? 'decide_at'));

-- What somebody told for a seat: the groups that they are in, and what they said to bring. Forgotten with them.
ALTER TABLE enrollment
    ADD COLUMN declared jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT who_has_a_kept_seat_has_a_seat CHECK (seat_no IS NOT NULL OR NOT declared ? 'seat_group'),
    ADD CONSTRAINT who_is_nobody_declared_nothing CHECK (NOT anonymous OR declared = '{}');
-- The queues of each group that seats are kept for, by how many people are together; see the one of all in 0011.
CREATE INDEX queue_of_sme ON enrollment (session_id, company, place) WHERE place IS NOT NULL AND declared -> 'shared' ? 'sme';
CREATE INDEX queue_of_own_region ON enrollment (session_id, company, place)
    WHERE place IS NOT NULL AND declared -> 'shared' ? 'own-region';
CREATE INDEX queue_of_jobseekers ON enrollment (session_id, company, place)
    WHERE place IS NOT NULL AND declared -> 'shared' ? 'jobseekers';
