-- name: lock_sessions
-- In id order, so that two desks can never wait for each other.
SELECT session_id, about, starts_at, ends_at, closes_at, capacity, offer_hours, location, cancelled_at, anonymised_at, next_seat,
       freed, waiting, waiting_alone, next_place, revision, told, needs_approval, approval_hours, holds_seat, requests, rules,
       withdraw_hours
  FROM session
 WHERE session_id = ANY($1::uuid[])
 ORDER BY session_id
   FOR UPDATE

-- name: lock_claims
-- After the sessions, and in the order of their key too. What these people are in: as it is once the lock is there.
WITH locked AS MATERIALIZED (
    SELECT * FROM person_claim WHERE person_id = ANY($1::uuid[]) ORDER BY person_id, course_id FOR UPDATE
)
SELECT locked.*, s.starts_at, s.ends_at FROM locked JOIN session s USING (session_id)

-- name: add_claims
INSERT INTO person_claim (person_id, course_id, session_id, enrollment_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[])

-- name: change_claims
UPDATE person_claim c SET session_id = now.session_id, enrollment_id = now.enrollment_id
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) AS now (person_id, course_id, session_id, enrollment_id)
 WHERE (c.person_id, c.course_id) = (now.person_id, now.course_id)

-- name: drop_claims
DELETE FROM person_claim c USING unnest($1::uuid[], $2::uuid[]) AS gone (person_id, course_id)
 WHERE (c.person_id, c.course_id) = (gone.person_id, gone.course_id)

-- name: forget_claims
-- On sessions that are over.
DELETE FROM person_claim c USING session s WHERE s.session_id = c.session_id AND s.ends_at < now()

-- name: load_enrollments
-- What the commands name: people who are in already; enrollments by their id, joined to whoever asks, because a batch mixes people
-- and a command about somebody else's enrollment must find none; and those that an approver, the clock, or an organiser of that
-- session names.
SELECT e.*, NULL::uuid AS command_id
  FROM enrollment e
  JOIN unnest($1::uuid[], $2::uuid[]) AS asked (session_id, person_id) USING (session_id, person_id)
 WHERE e.state NOT IN ('cancelled', 'declined')
UNION ALL
SELECT e.*, asked.command_id
  FROM enrollment e
  JOIN unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[]) AS asked (session_id, enrollment_id, person_id, command_id)
 USING (session_id, enrollment_id, person_id)
UNION ALL
SELECT e.*, NULL::uuid AS command_id
  FROM enrollment e
  JOIN unnest($7::uuid[], $8::uuid[]) AS asked (session_id, enrollment_id) USING (session_id, enrollment_id)

-- name: load_all_of
-- Every enrollment of these people in these sessions, withdrawn ones too.
SELECT e.*
  FROM enrollment e
  JOIN unnest($1::uuid[], $2::uuid[]) AS asked (session_id, person_id) USING (session_id, person_id)

-- name: load_groups
-- Who waits in these groups.
SELECT e.*
  FROM enrollment e
  JOIN unnest($1::uuid[], $2::uuid[]) AS asked (session_id, group_id) USING (session_id, group_id)
 WHERE e.place IS NOT NULL

-- name: load_whole_sessions
-- Everybody who is in.
SELECT * FROM enrollment WHERE session_id = ANY($1::uuid[]) AND state NOT IN ('cancelled', 'declined')

-- name: load_seats_beyond
-- Whose seats have a number beyond a capacity.
SELECT e.*
  FROM enrollment e
  JOIN unnest($1::uuid[], $2::int[]) AS asked (session_id, capacity) USING (session_id)
 WHERE e.seat_no > asked.capacity

-- name: vacate
-- Who is out lets go of their seat before others get its number, and before that number is no more.
UPDATE enrollment e
   SET state = gone.state, reason = gone.reason, approval = gone.approval, seat_no = NULL, seat_capacity = NULL,
       offered_until = NULL, approval_until = NULL
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
       AS gone (session_id, enrollment_id, state, reason, approval)
 WHERE (e.session_id, e.enrollment_id) = (gone.session_id, gone.enrollment_id) AND e.seat_no IS NOT NULL

-- name: reseat
UPDATE enrollment e SET seat_no = moved.seat_no
  FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS moved (session_id, enrollment_id, seat_no)
 WHERE (e.session_id, e.enrollment_id) = (moved.session_id, moved.enrollment_id) AND e.seat_no IS NOT NULL

-- name: sessions_of
SELECT DISTINCT session_id, person_id FROM enrollment WHERE person_id = ANY($1::uuid[])

-- name: people_in
SELECT DISTINCT person_id FROM enrollment WHERE session_id = $1 AND NOT anonymous

-- name: theirs
SELECT enrollment_id, person_id FROM enrollment WHERE person_id = ANY($1::uuid[])

-- name: forget_answers
-- First answers that name these people, or a ticket of theirs.
DELETE FROM first_answer
 WHERE (answer #>> '{enrollment,person_id}')::uuid = ANY($1::uuid[])
    OR (answer ->> 'ticket_id')::uuid IN (SELECT ticket_id FROM ticket WHERE person_id = ANY($1::uuid[]))

-- name: load_queues
-- The head of each queue, as many as seats may fall free; of groups only those for whom so many would be enough. Each size has a
-- queue of its own in the index `queue_by_company`, so that a long one of groups is not read through for who comes alone, and of each
-- size as many are read: groups that have to wait on keep nobody out of sight who comes after them. $4 is the most that any session
-- needs: a number that the planner knows, or it would sort a whole queue to be on the safe side.
SELECT e.*
  FROM unnest($1::uuid[], $2::int[]) AS asked (session_id, seats),
       LATERAL (SELECT head.*
                  FROM generate_series(1, least(asked.seats, $3::int)) AS size,
                       LATERAL (SELECT *
                                  FROM enrollment q
                                 WHERE q.session_id = asked.session_id AND q.place IS NOT NULL
                                   AND q.company BETWEEN size AND size  -- in this order only that index gives it
                                 ORDER BY q.company, q.place
                                 LIMIT $4) head) e

-- name: load_queues_of_groups
-- The same of those for whom seats are kept: they may be far behind the head of the whole queue.
SELECT e.*
  FROM unnest($1::uuid[], $2::int[]) AS asked (session_id, seats),
       generate_series(1, least(asked.seats, $3::int)) AS size,
       LATERAL ((SELECT * FROM enrollment q
                  WHERE q.session_id = asked.session_id AND q.company = size AND q.place IS NOT NULL
                    AND q.declared -> 'shared' ? 'sme'
                  ORDER BY q.place LIMIT asked.seats)
                 UNION ALL
                (SELECT * FROM enrollment q
                  WHERE q.session_id = asked.session_id AND q.company = size AND q.place IS NOT NULL
                    AND q.declared -> 'shared' ? 'own-region'
                  ORDER BY q.place LIMIT asked.seats)
                 UNION ALL
                (SELECT * FROM enrollment q
                  WHERE q.session_id = asked.session_id AND q.company = size AND q.place IS NOT NULL
                    AND q.declared -> 'shared' ? 'jobseekers'
                  ORDER BY q.place LIMIT asked.seats)) e

-- name: completed
-- Who of these people completed these courses.
SELECT asked.person_id, asked.course_id
  FROM unnest($1::uuid[], $2::uuid[]) AS asked (person_id, course_id)
 WHERE EXISTS (SELECT FROM enrollment e
                WHERE e.person_id = asked.person_id AND e.state = 'completed'
                  AND (e.about ->> 'courseId')::uuid = asked.course_id)

-- name: save_sessions
INSERT INTO session (session_id, fieldlab_id, about, starts_at, ends_at, closes_at, capacity, offer_hours, location, cancelled_at,
                     anonymised_at, seats_left, next_seat, freed, waiting, waiting_alone, next_place, revision, told, needs_approval,
                     approval_hours, holds_seat, requests, rules, rules_due)
SELECT session_id, about ->> 'fieldlabId', about, starts_at, ends_at, closes_at, capacity, offer_hours, location, cancelled_at,
       anonymised_at, seats_left, next_seat, freed::int[], waiting, waiting_alone, next_place, revision, told,
       needs_approval, approval_hours, holds_seat, requests, rules, rules_due
  FROM unnest($1::uuid[], $2::jsonb[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::int[], $8::text[],
              $9::timestamptz[], $10::timestamptz[], $11::int[], $12::int[], $13::text[], $14::int[], $15::int[], $16::bigint[],
              $17::int[], $18::int[], $19::boolean[], $20::int[], $21::boolean[], $22::int[], $23::jsonb[], $24::timestamptz[])
    AS s (session_id, about, starts_at, ends_at, closes_at, capacity, offer_hours, location, cancelled_at, anonymised_at, seats_left,
          next_seat, freed, waiting, waiting_alone, next_place, revision, told, needs_approval, approval_hours, holds_seat,
          requests, rules, rules_due)
    ON CONFLICT (session_id) DO UPDATE
   SET about = excluded.about, fieldlab_id = excluded.fieldlab_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
       closes_at = excluded.closes_at, capacity = excluded.capacity, offer_hours = excluded.offer_hours,
       location = excluded.location, cancelled_at = excluded.cancelled_at, anonymised_at = excluded.anonymised_at,
       seats_left = excluded.seats_left, next_seat = excluded.next_seat, freed = excluded.freed, waiting = excluded.waiting,
       waiting_alone = excluded.waiting_alone, next_place = excluded.next_place, revision = excluded.revision,
       told = excluded.told, needs_approval = excluded.needs_approval, approval_hours = excluded.approval_hours,
       holds_seat = excluded.holds_seat, requests = excluded.requests, rules = excluded.rules, rules_due = excluded.rules_due

-- name: save_withdraw_hours
UPDATE session SET withdraw_hours = now_is.hours
  FROM unnest($1::uuid[], $2::int[]) AS now_is (session_id, hours)
 WHERE session.session_id = now_is.session_id

-- name: save_reasons
INSERT INTO withdrawal_reason (session_id, why, given) SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[])
    ON CONFLICT (session_id, why) DO UPDATE SET given = withdrawal_reason.given + excluded.given

-- name: reasons
-- Over all sessions of the same course at the same fieldlab: of a single session too much would follow about a single person.
SELECT r.why, sum(r.given)::int AS given
  FROM session asked
  JOIN session s ON s.fieldlab_id = asked.fieldlab_id AND s.about ->> 'courseId' = asked.about ->> 'courseId'
  JOIN withdrawal_reason r ON r.session_id = s.session_id
 WHERE asked.session_id = $1
 GROUP BY r.why

-- name: withdrew_late
SELECT count(*)::int FROM enrollment WHERE session_id = $1 AND reason = 'by-person-late'

-- name: save_enrollments
-- Given in the order that frees seats before they are taken again.
INSERT INTO enrollment (session_id, enrollment_id, person_id, state, revision, seat_no, seat_capacity, place, company, group_id,
                        at_once, offered_until, reason, registered_at, decided_at, anonymous, about, steps, approval,
                        approval_until, declared)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::int[], $7::int[], $8::bigint[], $9::int[],
                     $10::uuid[], $11::boolean[], $12::timestamptz[], $13::text[], $14::timestamptz[], $15::timestamptz[],
                     $16::boolean[], $17::jsonb[], $18::jsonb[], $19::text[], $20::timestamptz[], $21::jsonb[])
    ON CONFLICT (session_id, enrollment_id) DO UPDATE
   SET person_id = excluded.person_id, state = excluded.state, revision = excluded.revision, seat_no = excluded.seat_no,
       seat_capacity = excluded.seat_capacity, place = excluded.place, company = excluded.company, group_id = excluded.group_id,
       at_once = excluded.at_once, offered_until = excluded.offered_until, reason = excluded.reason,
       decided_at = excluded.decided_at, anonymous = excluded.anonymous, about = excluded.about, steps = excluded.steps,
       approval = excluded.approval, approval_until = excluded.approval_until, declared = excluded.declared

-- name: load_places
SELECT municipality, place::text AS place FROM municipality WHERE municipality = ANY($1::text[])

-- name: save_places
INSERT INTO municipality (municipality, place) SELECT * FROM unnest($1::text[], $2::jsonb[])
    ON CONFLICT (municipality) DO UPDATE SET place = excluded.place

-- name: that_are_over
-- Offers by their deadline; where the session has begun, all who wait for it, and then its offers.
(SELECT e.session_id, e.enrollment_id
   FROM enrollment e
   JOIN session s USING (session_id)
  WHERE e.state = 'offered' AND (e.offered_until <= now() AND s.starts_at > now() OR s.starts_at <= now() AND s.waiting = 0)
  ORDER BY e.offered_until
  LIMIT $1)
UNION ALL
(SELECT e.session_id, e.enrollment_id
   FROM session s
   JOIN enrollment e USING (session_id)
  WHERE s.starts_at BETWEEN now() - interval '30 days' AND now() AND s.waiting > 0 AND e.place IS NOT NULL
  LIMIT $1)

-- name: requests_that_are_over
-- Once the session has begun its line ends first, as with offers.
SELECT e.session_id, e.enrollment_id
  FROM enrollment e
  JOIN session s USING (session_id)
 WHERE e.state = 'requested' AND (e.approval_until <= now() AND s.starts_at > now() OR s.starts_at <= now() AND s.waiting = 0)
 ORDER BY e.approval_until
 LIMIT $1

-- name: sessions_due
-- In whose rules a moment has come.
SELECT session_id FROM session WHERE rules_due <= now() ORDER BY rules_due LIMIT $1

-- name: enrollment
SELECT e.session_id, e.enrollment_id, e.person_id, e.state, e.revision, e.reason, e.offered_until, e.group_id, e.steps,
       e.approval, e.approval_until, e.declared,
       CASE WHEN e.state = 'confirmed'
            THEN starts_at - CASE WHEN e.steps @> '[{"reason": "session-moved"}]'
                                    OR e.registered_at >= starts_at - make_interval(hours => withdraw_hours) THEN interval '0'
                                  ELSE make_interval(hours => withdraw_hours) END END AS withdraw_until,
       place_in_line(e.session_id, e.place) AS position
  FROM enrollment e
  JOIN session USING (session_id)
 WHERE e.enrollment_id = $1
   AND (e.person_id = $2 OR session.fieldlab_id = ANY($3::text[]))

-- name: enrollments
-- Newest first. Whose they are is part of the question: nobody's filter can be forgotten. One's own come by the person, those
-- of a fieldlab by its sessions: each by an index.
WITH theirs AS (
    SELECT session_id, enrollment_id, person_id, state, revision, reason, place, offered_until, group_id, registered_at,
           approval, approval_until
      FROM enrollment
     WHERE person_id = $1
    UNION ALL
    SELECT e.session_id, e.enrollment_id, e.person_id, e.state, e.revision, e.reason, e.place, e.offered_until, e.group_id,
           e.registered_at, e.approval, e.approval_until
      FROM session
      JOIN enrollment e USING (session_id)
     WHERE session.fieldlab_id = ANY($2::text[]) AND e.person_id <> $1
), page AS (
    SELECT *, count(*) OVER () AS total
      FROM theirs
     WHERE ($3::uuid IS NULL OR session_id = $3)
       AND ($4::text IS NULL OR state = $4)
     ORDER BY registered_at DESC, enrollment_id
     LIMIT $5 OFFSET $6
)
SELECT session_id, enrollment_id, person_id, state, revision, reason, offered_until, group_id, total, approval, approval_until,
       place_in_line(session_id, place) AS position
  FROM page
 ORDER BY registered_at DESC, enrollment_id

-- name: enrollments_named
-- Of one session, for who organises it.
SELECT e.session_id, e.enrollment_id, e.person_id, e.state, e.revision, e.reason, e.offered_until, e.group_id,
       e.approval, e.approval_until, place_in_line(e.session_id, e.place) AS position
  FROM enrollment e
  JOIN session USING (session_id)
 WHERE e.session_id = $1 AND e.enrollment_id = ANY($2::uuid[]) AND session.fieldlab_id = ANY($3::text[])
 ORDER BY e.registered_at, e.enrollment_id

-- name: attendance
-- Sessions of these fieldlabs that have begun, and of how many of their people nobody said yet whether they were there.
SELECT s.session_id, count(*)::int AS people, count(*) FILTER (WHERE e.state = 'confirmed')::int AS unmarked
  FROM session s
  JOIN enrollment e USING (session_id)
 WHERE s.fieldlab_id = ANY($1::text[])
   AND s.starts_at <= now()
   AND s.ends_at > now() - interval '1 year'
   AND e.seat_no IS NOT NULL
 GROUP BY s.session_id, s.starts_at
 ORDER BY count(*) FILTER (WHERE e.state = 'confirmed') = 0, s.starts_at DESC, s.session_id
 LIMIT $2

-- name: overlapping
-- What else a person is in while one of their enrollments takes place, the earliest first.
SELECT e.session_id, e.enrollment_id, s.starts_at, s.ends_at
  FROM enrollment mine
  JOIN session here ON here.session_id = mine.session_id
  JOIN enrollment e ON e.person_id = mine.person_id AND e.session_id <> mine.session_id
   AND e.state NOT IN ('cancelled', 'declined')
  JOIN session s ON s.session_id = e.session_id AND s.starts_at < here.ends_at AND here.starts_at < s.ends_at
 WHERE mine.person_id = $1 AND mine.enrollment_id = $2
 ORDER BY s.starts_at, e.enrollment_id

-- name: fieldlab_of
SELECT fieldlab_id FROM session WHERE session_id = $1

-- name: seats
SELECT session_id, capacity, seats_left - seats_kept(rules) AS seats_left, waiting, closes_at, offer_hours,
       cancelled_at IS NOT NULL AS cancelled, revision, needs_approval, approval_hours, holds_seat, requests, rules,
       withdraw_hours
  FROM session
 WHERE session_id = $1

-- name: own_data
-- What a person is shown of themselves: every enrollment with all that they told for it, and how it went.
SELECT e.enrollment_id, e.session_id, e.state, e.reason, e.registered_at, e.decided_at, e.about, e.steps, e.declared,
       place_in_line(e.session_id, e.place) AS position
  FROM enrollment e
 WHERE e.person_id = $1
 ORDER BY e.registered_at, e.enrollment_id

-- name: known_people
SELECT person_id FROM unnest($1::uuid[]) AS asked (person_id)
 WHERE EXISTS (SELECT FROM enrollment e WHERE e.person_id = asked.person_id)
    OR EXISTS (SELECT FROM ticket t WHERE t.person_id = asked.person_id)
