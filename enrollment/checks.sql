-- The names of statements say what is wrong with what they find; see checks.py.

-- name: sessions_after
SELECT session_id FROM session WHERE session_id > $1 ORDER BY session_id LIMIT $2

-- name: seats_counted_as_taken_that_nobody_holds_or_held_and_not_counted
SELECT session_id AS id
  FROM session s
 WHERE session_id = ANY($1::uuid[])
   AND capacity - seats_left <> (SELECT count(*) FROM enrollment e WHERE e.session_id = s.session_id AND e.seat_no IS NOT NULL)

-- name: sessions_with_more_people_on_seats_than_seats
SELECT session_id AS id
  FROM session s
 WHERE session_id = ANY($1::uuid[])
   AND capacity < (SELECT count(*) FROM enrollment e
                    WHERE e.session_id = s.session_id
                      AND (e.seat_no IS NOT NULL OR (e.state, e.approval) = ('requested', 'with-seat')
                           OR e.state IN ('confirmed', 'offered', 'attended', 'completed', 'no_show')))

-- name: seats_that_are_held_twice
SELECT (array_agg(enrollment_id))[1] AS id
  FROM enrollment
 WHERE session_id = ANY($1::uuid[]) AND seat_no IS NOT NULL
 GROUP BY session_id, seat_no
HAVING count(*) > 1

-- name: seats_beyond_the_capacity
SELECT enrollment_id AS id
  FROM enrollment e
  JOIN session s USING (session_id)
 WHERE session_id = ANY($1::uuid[]) AND (e.seat_no NOT BETWEEN 1 AND s.capacity OR e.seat_capacity <> s.capacity)

-- name: people_with_a_seat_who_should_have_none_or_without_one_who_should
SELECT enrollment_id AS id
  FROM enrollment
 WHERE session_id = ANY($1::uuid[])
   AND (seat_no IS NULL AND (state IN ('confirmed', 'offered', 'attended', 'completed', 'no_show')
                             OR (state, approval) = ('requested', 'with-seat'))
        OR seat_no IS NOT NULL AND (state IN ('waitlisted', 'cancelled', 'declined')
                                    OR state = 'requested' AND approval IS DISTINCT FROM 'with-seat'))

-- name: people_who_are_in_twice
SELECT (array_agg(enrollment_id))[1] AS id
  FROM enrollment
 WHERE session_id = ANY($1::uuid[]) AND state NOT IN ('cancelled', 'declined')
 GROUP BY session_id, person_id
HAVING count(*) > 1

-- name: claims_to_a_course_of_people_who_are_out_of_it
SELECT e.enrollment_id AS id
  FROM enrollment e
  JOIN session s USING (session_id)
  JOIN person_claim c
    ON (c.person_id, c.course_id, c.session_id, c.enrollment_id)
       = (e.person_id, (s.about ->> 'courseId')::uuid, e.session_id, e.enrollment_id)
 WHERE e.session_id = ANY($1::uuid[]) AND e.state IN ('cancelled', 'declined')

-- name: people_left_in_a_session_that_is_cancelled
SELECT enrollment_id AS id
  FROM enrollment e
  JOIN session s USING (session_id)
 WHERE session_id = ANY($1::uuid[]) AND s.cancelled_at IS NOT NULL AND e.state NOT IN ('cancelled', 'declined')

-- name: seats_that_are_neither_held_nor_free_or_both
-- Every number up to the capacity is held, or came back, or was never given out: one of the three.
SELECT session_id AS id
  FROM session s,
       LATERAL (SELECT array_agg(seat_no) FILTER (WHERE seat_no IS NOT NULL) AS held
                  FROM enrollment e
                 WHERE e.session_id = s.session_id) AS there,
       LATERAL (SELECT array_agg(seat ORDER BY seat) AS seats
                  FROM (SELECT unnest(there.held) UNION ALL SELECT unnest(s.freed)
                        UNION ALL SELECT generate_series(s.next_seat, s.capacity)) AS every (seat)) AS every
 WHERE session_id = ANY($1::uuid[])
   AND coalesce(every.seats, '{}') <> ARRAY(SELECT generate_series(1, s.capacity))

-- name: sessions_whose_seats_do_not_add_up
SELECT session_id AS id
  FROM session s,
       LATERAL (SELECT count(*) FILTER (WHERE e.seat_no IS NOT NULL OR (e.state, e.approval) = ('requested', 'with-seat')
                                         OR e.state IN ('confirmed', 'offered', 'attended', 'completed', 'no_show')) AS held
                  FROM enrollment e
                 WHERE e.session_id = s.session_id) AS there
 WHERE session_id = ANY($1::uuid[]) AND s.seats_left + there.held <> s.capacity

-- name: sessions_that_miscount_who_waits
SELECT session_id AS id
  FROM session s,
       LATERAL (SELECT count(*) AS waiting, count(*) FILTER (WHERE company = 1) AS alone
                  FROM enrollment e
                 WHERE e.session_id = s.session_id AND e.state = 'waitlisted') AS there
 WHERE session_id = ANY($1::uuid[]) AND (s.waiting, s.waiting_alone) <> (there.waiting, there.alone)

-- name: offers_that_did_not_end
SELECT enrollment_id AS id
  FROM enrollment e
  JOIN session s USING (session_id)
 WHERE session_id = ANY($1::uuid[])
   AND e.state = 'offered' AND coalesce(least(e.offered_until, s.starts_at), '-infinity') < now() - interval '1 minute'

-- name: sessions_that_miscount_who_asks
SELECT session_id AS id
  FROM session s
 WHERE session_id = ANY($1::uuid[])
   AND requests <> (SELECT count(*) FROM enrollment e WHERE e.session_id = s.session_id AND e.state = 'requested')

-- name: requests_that_did_not_end
SELECT enrollment_id AS id
  FROM enrollment e
  JOIN session s USING (session_id)
 WHERE session_id = ANY($1::uuid[])
   AND e.state = 'requested' AND coalesce(least(e.approval_until, s.starts_at), '-infinity') < now() - interval '1 minute'

-- name: people_with_a_seat_that_nobody_approved
SELECT enrollment_id AS id
  FROM enrollment
 WHERE session_id = ANY($1::uuid[])
   AND coalesce(approval, 'given') <> 'given' AND state IN ('confirmed', 'offered', 'attended', 'completed', 'no_show')

-- name: people_who_wait_beside_seats_that_are_enough_for_them
SELECT enrollment_id AS id
  FROM enrollment e
  JOIN session s USING (session_id)
 WHERE session_id = ANY($1::uuid[]) AND e.state = 'waitlisted' AND s.cancelled_at IS NULL
   AND (e.company <= s.seats_left - seats_kept(s.rules)
        OR EXISTS (SELECT FROM jsonb_array_elements(s.rules -> 'reserved') AS kept
                    WHERE e.company <= (kept ->> 'left')::integer AND e.declared -> 'shared' ? (kept ->> 'group')))

-- name: places_in_line_that_are_held_twice_or_not_given_out
SELECT enrollment_id AS id
  FROM (SELECT e.*, s.next_place, count(*) OVER (PARTITION BY e.session_id, e.place) AS holders
          FROM enrollment e
          JOIN session s USING (session_id)
         WHERE session_id = ANY($1::uuid[]) AND e.state = 'waitlisted') AS line
 WHERE place IS NULL OR holders > 1 OR place >= next_place

-- name: groups_that_are_miscounted
SELECT enrollment_id AS id
  FROM (SELECT e.*, count(*) OVER (PARTITION BY e.session_id, coalesce(e.group_id, e.enrollment_id)) AS members
          FROM enrollment e
         WHERE session_id = ANY($1::uuid[]) AND e.state = 'waitlisted') AS line
 WHERE company IS DISTINCT FROM members

-- name: lines_that_miscount_who_waits_with_a_ticket
SELECT session_id AS id
  FROM opening o
 WHERE session_id = ANY($1::uuid[])
   AND waiting <> (SELECT count(*) FROM ticket t WHERE t.session_id = o.session_id AND t.state = 'waiting')

-- name: tickets_that_became_an_enrollment_that_is_not_there
SELECT ticket_id AS id
  FROM ticket t
 WHERE session_id = ANY($1::uuid[]) AND state = 'enrolled'
   AND NOT EXISTS (SELECT FROM enrollment e WHERE (e.session_id, e.enrollment_id) = (t.session_id, t.enrollment_id))

-- name: lines_that_went_back
-- Whoever was let in had a turn up to the last that was served; whoever waits has a later one, and so has whoever comes next.
SELECT session_id AS id
  FROM opening o
 WHERE session_id = ANY($1::uuid[])
   AND (served >= next_turn
        OR EXISTS (SELECT FROM ticket t WHERE t.session_id = o.session_id AND t.state = 'waiting' AND t.turn <= o.served)
        OR EXISTS (SELECT FROM ticket t
                    WHERE t.session_id = o.session_id AND t.state = 'enrolled' AND t.turn > o.served
                      AND (o.drawn_at IS NULL OR t.settled_at >= o.drawn_at)))

-- name: facts_of_enrollments_that_are_not_there
-- The next ones are about a stretch of the log.
SELECT l.event_id AS id
  FROM event_log l
 WHERE source = 'enrollment' AND (xid, position) > ($1::text::xid8, $2::bigint) AND (xid, position) <= ($3::text::xid8, $4::bigint)
   AND pg_visible_in_snapshot(xid, $5::text::pg_snapshot)
   AND data ? 'enrollmentId'
   AND NOT EXISTS (SELECT FROM enrollment e
                    WHERE e.session_id = (data ->> 'sessionId')::uuid AND e.enrollment_id = (data ->> 'enrollmentId')::uuid)

-- name: enrollments_that_are_older_than_what_was_told_of_them
SELECT e.enrollment_id AS id
  FROM event_log l
  JOIN enrollment e ON e.session_id = (data ->> 'sessionId')::uuid AND e.enrollment_id = (data ->> 'enrollmentId')::uuid
 WHERE source = 'enrollment' AND (xid, position) > ($1::text::xid8, $2::bigint) AND (xid, position) <= ($3::text::xid8, $4::bigint)
   AND pg_visible_in_snapshot(xid, $5::text::pg_snapshot)
   AND e.revision < l.revision

-- name: sessions_that_are_older_than_what_was_told_of_them
SELECT s.session_id AS id
  FROM event_log l
  JOIN session s ON s.session_id = (data ->> 'sessionId')::uuid
 WHERE source = 'enrollment' AND (xid, position) > ($1::text::xid8, $2::bigint) AND (xid, position) <= ($3::text::xid8, $4::bigint)
   AND pg_visible_in_snapshot(xid, $5::text::pg_snapshot)
   AND (s.revision < (data #>> '{seats,revision}')::integer OR l.subject = 'sessions/' || s.session_id AND s.told < l.revision)

-- name: enrollments_that_are_not_as_their_last_fact_tells
-- In everything that the fact and the row both say.
SELECT e.enrollment_id AS id
  FROM event_log l
  JOIN enrollment e ON e.session_id = (data ->> 'sessionId')::uuid AND e.enrollment_id = (data ->> 'enrollmentId')::uuid
 WHERE source = 'enrollment' AND (xid, position) > ($1::text::xid8, $2::bigint) AND (xid, position) <= ($3::text::xid8, $4::bigint)
   AND pg_visible_in_snapshot(xid, $5::text::pg_snapshot)
   AND e.revision = l.revision
   AND uptake_row(l.type, l.revision, data) IS DISTINCT FROM
       uptake_row('', e.revision,
                  jsonb_build_object('sessionId', e.session_id, 'enrollmentId', e.enrollment_id, 'personId', e.person_id,
                                     'stands', e.state, 'decidedAt', e.decided_at, 'registeredAt', e.registered_at, 'about', e.about))

-- name: seats_that_were_given_up_for_another_and_are_still_held
-- By a move to another session, or to a colleague.
SELECT e.enrollment_id AS id
  FROM event_log l
  JOIN enrollment e ON e.enrollment_id = (data ->> 'insteadOf')::uuid
 WHERE source = 'enrollment' AND (xid, position) > ($1::text::xid8, $2::bigint) AND (xid, position) <= ($3::text::xid8, $4::bigint)
   AND pg_visible_in_snapshot(xid, $5::text::pg_snapshot)
   AND type = 'nl.skillslabs.enrollment.confirmed'
   AND e.state <> 'cancelled'

-- name: queues
-- What a stretch of the log tells of queues: who joined, who was served and who left, and the seats for all after that. Where seats
-- are kept, all that happened to the seats, so that it is known which kind each came from.
SELECT (data ->> 'sessionId')::uuid AS session_id, (data #>> '{seats,revision}')::integer AS turn,
       (data ->> 'enrollmentId')::uuid AS enrollment_id, split_part(type, '.', 4) AS what,
       (data #>> '{seats,seatsLeft}')::integer AS seats_left, kept.seats AS kept
  FROM event_log
  LEFT JOIN LATERAL (SELECT coalesce(sum(number::integer), 0)::integer AS seats FROM jsonb_each_text(data #> '{seats,reserved}') AS of (name, number))
    AS kept ON jsonb_typeof(data #> '{seats,reserved}') = 'object'
 WHERE source = 'enrollment' AND (xid, position) > ($1::text::xid8, $2::bigint) AND (xid, position) <= ($3::text::xid8, $4::bigint)
   AND pg_visible_in_snapshot(xid, $5::text::pg_snapshot)
   AND (kept.seats IS NOT NULL
        OR type IN ('nl.skillslabs.enrollment.waitlisted', 'nl.skillslabs.enrollment.offered')
        OR type IN ('nl.skillslabs.enrollment.confirmed', 'nl.skillslabs.enrollment.requested')
           AND data -> 'fromWaitingList' = 'true'
        OR type = 'nl.skillslabs.enrollment.cancelled' AND data -> 'heldSeat' = 'false')

-- name: groups
SELECT enrollment_id, group_id FROM enrollment WHERE session_id = ANY($1::uuid[]) AND group_id IS NOT NULL

-- name: truth
-- Some enrollments, and whether the report tells otherwise of one whose last fact it says it applied.
SELECT e.session_id, e.enrollment_id, e.revision, hashtextextended('enrollments/' || e.enrollment_id, 0) AS key,
       applied.revision >= e.revision AND reported IS DISTINCT FROM
       uptake_row('', e.revision,
                  jsonb_build_object('sessionId', e.session_id, 'enrollmentId', e.enrollment_id, 'personId', e.person_id,
                                     'stands', e.state, 'decidedAt', e.decided_at, 'registeredAt', e.registered_at, 'about', e.about))
       AS is_misreported
  FROM (SELECT * FROM enrollment WHERE (session_id, enrollment_id) > ($1, $2) ORDER BY session_id, enrollment_id LIMIT $3) AS e
  LEFT JOIN inbox applied
    ON (applied.consumer, applied.source, applied.subject) = ('uptake', 'enrollment', 'enrollments/' || e.enrollment_id)
  LEFT JOIN uptake_enrollment reported
    ON (reported.session_id, reported.enrollment_id) = (e.session_id, e.enrollment_id)
 ORDER BY e.session_id, e.enrollment_id

-- name: reported
SELECT u.session_id, u.enrollment_id,
       NOT EXISTS (SELECT FROM enrollment e
                    WHERE (e.session_id, e.enrollment_id) = (u.session_id, u.enrollment_id)) AS is_of_nobody
  FROM uptake_enrollment u
 WHERE (u.session_id, u.enrollment_id) > ($1, $2)
 ORDER BY u.session_id, u.enrollment_id
 LIMIT $3

-- name: acknowledged
-- Answers that were kept for who asks again, and whether what they say is there: as they say, or as it became afterwards.
SELECT a.command_id,
       CASE WHEN a.answer ? 'enrollment'
            THEN e.enrollment_id IS NULL OR e.revision < told.revision
                 OR e.revision = told.revision AND (e.state, e.person_id) <> (told.state, told.person_id)
                 OR told.state IN ('cancelled', 'declined') AND e.state <> told.state
            WHEN a.answer ? 'capacity'
            THEN s.session_id IS NULL OR s.revision < (a.answer ->> 'revision')::integer
                 OR (a.answer -> 'cancelled')::boolean AND s.cancelled_at IS NULL
            WHEN a.answer ?& array['ticket_id', 'settled_at']
            THEN NOT EXISTS (SELECT FROM ticket t
                              WHERE (t.session_id, t.ticket_id) = (s.session_id, (a.answer ->> 'ticket_id')::uuid)
                                AND t.state = 'withdrawn')
            WHEN a.answer ? 'ticket_id'
            THEN NOT EXISTS (SELECT FROM ticket t
                              WHERE (t.session_id, t.ticket_id) = (s.session_id, (a.answer ->> 'ticket_id')::uuid))
            ELSE false END AS is_gone
  FROM (SELECT * FROM first_answer WHERE command_id > $1 ORDER BY command_id LIMIT $2) AS a
 CROSS JOIN LATERAL jsonb_to_record(coalesce(a.answer -> 'enrollment', '{}'))
         AS told (session_id uuid, enrollment_id uuid, person_id uuid, revision integer, state text)
  LEFT JOIN enrollment e ON (e.session_id, e.enrollment_id) = (told.session_id, told.enrollment_id)
  LEFT JOIN session s ON s.session_id = (a.answer ->> 'session_id')::uuid
 ORDER BY a.command_id
