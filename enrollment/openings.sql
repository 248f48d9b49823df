-- name: load_rooms
-- The seed only of those that are to be drawn now.
SELECT o.session_id, o.opens_at, o.draw_at, o.always, o.seed_hash, coalesce(o.seed, s.seed) AS seed, o.drawn_at, o.next_arrival,
       o.next_turn, o.served, o.waiting, o.pace, o.paced_at
  FROM opening o
  LEFT JOIN draw_seed s ON s.session_id = o.session_id AND s.session_id = ANY($2::uuid[])
 WHERE o.session_id = ANY($1::uuid[])

-- name: load_held
-- The tickets that these people wait with.
SELECT t.*
  FROM ticket t
  JOIN unnest($1::uuid[], $2::uuid[]) AS asked (session_id, person_id) USING (session_id, person_id)
 WHERE t.state = 'waiting'

-- name: load_own_tickets
-- By their id, joined to whoever asks: a command about somebody else's ticket must find none.
SELECT t.*
  FROM ticket t
  JOIN unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS asked (session_id, ticket_id, person_id)
 USING (session_id, ticket_id, person_id)

-- name: load_tickets_of
-- Every ticket of these people for these sessions, settled ones too.
SELECT t.*
  FROM ticket t
  JOIN unnest($1::uuid[], $2::uuid[]) AS asked (session_id, person_id) USING (session_id, person_id)

-- name: load_next_in_turn
SELECT t.*
  FROM unnest($1::uuid[], $2::int[]) AS asked (session_id, at_most),
       LATERAL (SELECT *
                  FROM ticket q
                 WHERE q.session_id = asked.session_id AND q.state = 'waiting'
                 ORDER BY q.turn, q.arrival
                 LIMIT asked.at_most) t

-- name: save_rooms
INSERT INTO opening (session_id, opens_at, draw_at, always, seed_hash, seed, drawn_at, next_arrival, next_turn, served, waiting,
                     pace, paced_at)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::boolean[], $5::text[], $6::text[], $7::timestamptz[],
                     $8::bigint[], $9::bigint[], $10::bigint[], $11::int[], $12::float[], $13::timestamptz[])
    ON CONFLICT (session_id) DO UPDATE
   SET seed = excluded.seed, drawn_at = excluded.drawn_at, next_arrival = excluded.next_arrival, next_turn = excluded.next_turn,
       served = excluded.served, waiting = excluded.waiting, pace = excluded.pace, paced_at = excluded.paced_at

-- name: keep_seeds
INSERT INTO draw_seed (session_id, seed) SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT (session_id) DO NOTHING

-- name: save_tickets
INSERT INTO ticket (session_id, ticket_id, person_id, enrollment_id, arrival, turn, in_draw, state, reason, revision, asked_at,
                    settled_at, anonymous, wish)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::boolean[], $8::text[],
                     $9::text[], $10::int[], $11::timestamptz[], $12::timestamptz[], $13::boolean[], $14::jsonb[])
    ON CONFLICT (session_id, ticket_id) DO UPDATE
   SET person_id = excluded.person_id, enrollment_id = excluded.enrollment_id, state = excluded.state, reason = excluded.reason,
       revision = excluded.revision, settled_at = excluded.settled_at, anonymous = excluded.anonymous, wish = excluded.wish

-- name: set_aside
-- The ticket that is next, which cannot be decided about, comes to nothing. The session is locked.
WITH ended AS (
    UPDATE ticket
       SET state = 'refused', reason = 'unexpected', settled_at = $2, wish = '{}', revision = ticket.revision + 1
      FROM (SELECT ticket_id
              FROM ticket
             WHERE session_id = $1 AND state = 'waiting'
             ORDER BY turn, arrival
             LIMIT 1) AS next
     WHERE ticket.session_id = $1 AND ticket.ticket_id = next.ticket_id
    RETURNING ticket.session_id, ticket.ticket_id, ticket.turn, ticket.person_id, ticket.revision, ticket.reason
), counted AS (
    UPDATE opening
       SET waiting = waiting - 1, served = greatest(served, ended.turn)
      FROM ended
     WHERE opening.session_id = ended.session_id
)
SELECT session_id, ticket_id, person_id, revision, reason FROM ended

-- name: draw
-- By SHA-256 of the seed's bytes followed by the ticket's sixteen; who came too late for the draw comes after it, as they came.
UPDATE ticket
   SET turn = drawn.turn
  FROM (SELECT ticket_id,
               row_number() OVER (ORDER BY NOT in_draw,
                                           CASE WHEN in_draw THEN sha256(decode($2, 'hex') || uuid_send(ticket_id)) END,
                                           arrival) AS turn
          FROM ticket
         WHERE session_id = $1) AS drawn
 WHERE ticket.session_id = $1 AND ticket.ticket_id = drawn.ticket_id

-- name: ticket_sessions_of
SELECT DISTINCT session_id, person_id FROM ticket WHERE person_id = ANY($1::uuid[])

-- name: people_with_tickets
SELECT DISTINCT person_id FROM ticket WHERE session_id = $1 AND NOT anonymous

-- name: tickets_told_of
-- Those of which there are facts.
SELECT ticket_id, person_id FROM ticket WHERE person_id = ANY($1::uuid[]) AND revision > 0

-- name: draws_that_are_due
SELECT o.session_id
  FROM opening o
  JOIN session s USING (session_id)
 WHERE o.draw_at <= $1 AND o.drawn_at IS NULL AND s.cancelled_at IS NULL
 ORDER BY o.draw_at

-- name: rooms_to_admit
-- A draw that is still to come lets nobody in, but for who is to hear that the session is off.
SELECT o.session_id
  FROM opening o
  JOIN session s USING (session_id)
 WHERE o.waiting > 0
   AND (o.draw_at IS NULL OR o.drawn_at IS NOT NULL OR s.cancelled_at IS NOT NULL OR s.starts_at <= $1)
 ORDER BY o.paced_at NULLS FIRST
 LIMIT $2

-- name: room
SELECT session_id, opens_at, draw_at, always, seed_hash, seed, drawn_at, next_arrival, next_turn, served, waiting, pace, paced_at
  FROM opening
 WHERE session_id = $1

-- name: ticket
SELECT t.session_id, t.ticket_id, t.person_id, t.enrollment_id, t.turn, t.in_draw, t.state, t.reason, t.asked_at
  FROM ticket t
 WHERE t.ticket_id = $1 AND t.person_id = $2

-- name: tickets
-- Those of one person, the newest first.
SELECT t.session_id, t.ticket_id, t.person_id, t.enrollment_id, t.turn, t.in_draw, t.state, t.reason, t.asked_at,
       count(*) OVER () AS total
  FROM ticket t
 WHERE t.person_id = $1
   AND ($2::uuid IS NULL OR t.session_id = $2)
   AND ($3::text IS NULL OR t.state = $3)
 ORDER BY t.asked_at DESC, t.ticket_id
 LIMIT $4 OFFSET $5

-- name: rooms_of
SELECT session_id, opens_at, draw_at, always, seed_hash, seed, drawn_at, next_arrival, next_turn, served, waiting, pace, paced_at
  FROM opening
 WHERE session_id = ANY($1::uuid[])

-- name: drawn
-- The tickets of a draw, by their numbers alone: in the order of the draw or, before it, as they came.
SELECT ticket_id, turn FROM tickets_in_draw($1, $2, $3) ORDER BY turn, arrival

-- name: how_many_drawn
SELECT how_many_in_draw($1)

-- name: own_tickets
SELECT ticket_id, session_id, state, reason, asked_at, settled_at, wish FROM ticket WHERE person_id = $1 ORDER BY asked_at, ticket_id
