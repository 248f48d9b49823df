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
 WHERE e.state <> 'cancelled' AND NOT e.anonymous AND s.ends_at > now()
 ORDER BY e.person_id, s.about ->> 'courseId', e.seat_no IS NULL, e.registered_at;
