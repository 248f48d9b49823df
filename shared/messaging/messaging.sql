-- name: append
-- Facts join the transaction that made them, each with an id that is a hash of the log's life, the subject and the revision
-- (a UUID of version 8): it says nothing, and the same step of a history cannot be logged for sending twice.
WITH fact AS (
    SELECT overlay(overlay(encode(substr(sha256(convert_to(epoch || '/' || subject || '/' || revision, 'UTF8')), 1, 16), 'hex')
                           PLACING '8' FROM 13) PLACING 'a' FROM 17)::uuid AS event_id,
           epoch, type, subject, revision, data
      FROM unnest($2::text[], $3::text[], $4::int[], $5::jsonb[]) WITH ORDINALITY AS f (type, subject, revision, data, nr),
           log_epoch
     ORDER BY nr
), logged AS (
    INSERT INTO event_log (event_id, source, epoch, type, subject, revision, data)
    SELECT event_id, $1, epoch, type, subject, revision, data FROM fact
    RETURNING event_id, position, logged_at
)
INSERT INTO outbox (event_id, position, logged_at)
SELECT event_id, position, logged_at FROM logged

-- name: keep
-- Facts of another service that this log needs to be complete in itself. They are not sent on.
INSERT INTO event_log (event_id, source, epoch, type, subject, revision, data)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::jsonb[])

-- name: read_page
-- What a service logged itself after a cursor, oldest first, below the oldest transaction that still runs. All of it belongs
-- to the log's present life: what a restored database lost is not in it.
SELECT xid::text AS xid, position, logged_at, event_id, source, now.epoch, type, subject, revision, data::text AS data
  FROM event_log, log_epoch AS now
 WHERE source = $1
   AND (xid, position) > ($2::text::xid8, $3::bigint)
   AND xid < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY event_log.xid, position  -- the number: as the text above it, 10 comes before 9
 LIMIT $4

-- name: epoch
SELECT epoch FROM log_epoch

-- name: claim
-- Lease what waits for the courier, oldest first. No row lock is held while the courier is at work; a lease that runs out
-- (its holder died) costs at most a duplicate.
WITH waiting AS (
    SELECT event_id
      FROM outbox
     WHERE leased_until < now()
     ORDER BY xid, position
     LIMIT $1
       FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE outbox SET leased_until = now() + $2::interval
      FROM waiting
     WHERE outbox.event_id = waiting.event_id
    RETURNING outbox.xid, outbox.position, outbox.logged_at
)
SELECT l.logged_at, l.event_id, l.source, now.epoch, l.type, l.subject, l.revision, l.data::text AS data
  FROM log_epoch AS now, claimed c
  JOIN event_log l ON (l.xid, l.position, l.logged_at) = (c.xid, c.position, c.logged_at)
 ORDER BY l.xid, l.position

-- name: confirm
DELETE FROM outbox WHERE event_id = ANY($1::uuid[])

-- name: release
-- Give a lease back, to be taken up again a little later.
UPDATE outbox SET leased_until = now() + $2::interval WHERE event_id = ANY($1::uuid[])

-- name: unsent
SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(logged_at)), 0)::float AS oldest_seconds FROM outbox

-- name: take_turn
-- Lock a consumer's place in a publisher's log, and tell it.
INSERT INTO checkpoint (consumer, source) VALUES ($1, $2)
ON CONFLICT (consumer, source) DO UPDATE SET cursor = checkpoint.cursor
RETURNING epoch, cursor

-- name: known_epoch
UPDATE checkpoint SET epoch = $3 WHERE consumer = $1 AND source = $2

-- name: advance
UPDATE checkpoint SET cursor = $4 WHERE consumer = $1 AND source = $2 AND epoch = $3

-- name: start_over
-- The publisher's log began a new life: what this consumer remembers of the old one does not count.
WITH forgotten AS (DELETE FROM inbox WHERE consumer = $1 AND source = $2),
     settled AS (DELETE FROM trouble WHERE consumer = $1 AND source = $2)
UPDATE checkpoint SET epoch = $3, cursor = '' WHERE consumer = $1 AND source = $2

-- name: last_applied
SELECT subject, revision FROM inbox WHERE consumer = $1 AND source = $2 AND subject = ANY($3::text[])

-- name: remember
INSERT INTO inbox (consumer, source, subject, revision)
SELECT $1, $2, * FROM unnest($3::text[], $4::int[])
    ON CONFLICT (consumer, source, subject) DO UPDATE SET revision = excluded.revision

-- name: note_trouble
INSERT INTO trouble (consumer, source, subject, revision, message, attempts, reason, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8::interval)
    ON CONFLICT (consumer, source, subject, revision)
    DO UPDATE SET attempts = trouble.attempts + excluded.attempts, reason = excluded.reason, due_at = excluded.due_at
RETURNING attempts

-- name: due_trouble
SELECT message::text AS message
  FROM trouble
 WHERE consumer = $1 AND parked_at IS NULL AND due_at <= now()
 ORDER BY source, subject, revision
 LIMIT 100

-- name: settle_trouble
DELETE FROM trouble WHERE consumer = $1 AND source = $2 AND subject = $3 AND revision = $4

-- name: park
UPDATE trouble SET parked_at = now() WHERE consumer = $1 AND source = $2 AND subject = $3 AND revision = $4

-- name: parked
SELECT message::text AS message, reason, attempts, parked_at FROM trouble WHERE consumer = $1 AND parked_at IS NOT NULL
 ORDER BY parked_at

-- name: trouble_count
SELECT count(*) FILTER (WHERE parked_at IS NULL) AS retrying, count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked
  FROM trouble WHERE consumer = $1
