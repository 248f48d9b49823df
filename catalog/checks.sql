-- name: seats_told
-- The newest that a stretch of the desk's log tells of each session's seats.
SELECT DISTINCT ON (data ->> 'sessionId')
       (data ->> 'sessionId')::uuid AS session_id, (data #>> '{seats,revision}')::integer AS seats_revision,
       (data #>> '{seats,capacity}')::integer AS capacity, (data #>> '{seats,seatsLeft}')::integer AS seats_left,
       (data #>> '{seats,waiting}')::integer AS waiting, subject, revision
  FROM event_log
 WHERE source = 'enrollment' AND (xid, position) > ($1::text::xid8, $2::bigint) AND (xid, position) <= ($3::text::xid8, $4::bigint)
   AND pg_visible_in_snapshot(xid, $5::text::pg_snapshot)
   AND data ? 'seats'
 ORDER BY data ->> 'sessionId', (data #>> '{seats,revision}')::integer DESC

-- name: sessions_called_off
SELECT (data ->> 'sessionId')::uuid AS session_id
  FROM event_log
 WHERE source = 'enrollment' AND (xid, position) > ($1::text::xid8, $2::bigint) AND (xid, position) <= ($3::text::xid8, $4::bigint)
   AND pg_visible_in_snapshot(xid, $5::text::pg_snapshot)
   AND type = 'nl.skillslabs.enrollment.session-cancelled'

-- name: shown
SELECT session_id, revision, capacity, seats_left, waiting, cancelled
  FROM availability
 WHERE session_id > $1
 ORDER BY session_id
 LIMIT $2

-- name: behind_though_applied
-- Sessions that are shown as they were before a fact that counts as applied.
SELECT told.session_id AS id
  FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[]) AS told (session_id, seats_revision, subject, revision)
  JOIN inbox i ON (i.consumer, i.source, i.subject) = ('catalog', 'enrollment', told.subject) AND i.revision >= told.revision
  LEFT JOIN availability a USING (session_id)
 WHERE a.session_id IS NULL OR a.revision < told.seats_revision
