-- name: humbly
SET LOCAL statement_timeout = '20s';
SET LOCAL lock_timeout = '1s';
SET LOCAL max_parallel_workers_per_gather = 0

-- name: moment
-- By which it can be told, also later, what was committed by now; and below which nothing can come any more.
SELECT pg_current_snapshot()::text AS moment, pg_snapshot_xmin(pg_current_snapshot())::text AS settled, epoch FROM log_epoch

-- name: walk
-- What a service logged itself after a place, up to a transaction.
SELECT xid::text AS xid, position, event_id, epoch, type, subject, hashtextextended(subject, 0) AS key, revision
  FROM event_log
 WHERE source = $1 AND (xid, position) > ($2::text::xid8, $3::bigint) AND xid < $5::text::xid8
 ORDER BY event_log.xid, position  -- the number, not its text
 LIMIT $4

-- name: rest
-- What it had logged by a moment after a place.
SELECT xid::text AS xid, position, event_id, epoch, type, subject, hashtextextended(subject, 0) AS key, revision
  FROM event_log
 WHERE source = $1 AND (xid, position) > ($2::text::xid8, $3::bigint)
   AND pg_visible_in_snapshot(xid, $5::text::pg_snapshot)
 ORDER BY event_log.xid, position  -- the number, not its text
 LIMIT $4

-- name: subjects_by_hash
SELECT DISTINCT subject FROM event_log WHERE source = $1 AND hashtextextended(subject, 0) = ANY($2::bigint[])

-- name: not_applied
-- Those of these facts that a consumer has not applied, and whether it has read the log beyond them, in the log's present life.
-- What is set apart waits its turn.
SELECT asked.nr,
       coalesce(mark.epoch = $6 AND mark.cursor <> ''
                AND (split_part(mark.cursor, '-', 1)::xid8, split_part(mark.cursor, '-', 2)::bigint)
                    >= (asked.xid::xid8, asked.position), false) AS read_beyond,
       EXISTS (SELECT FROM trouble t
                WHERE (t.consumer, t.source, t.subject) = ($1, $2, asked.subject) AND t.parked_at IS NULL) AS set_apart,
       mark.cursor
  FROM unnest($3::text[], $4::int[], $5::text[], $7::bigint[]) WITH ORDINALITY AS asked (subject, revision, xid, position, nr)
  LEFT JOIN inbox i ON (i.consumer, i.source, i.subject) = ($1, $2, asked.subject)
  LEFT JOIN checkpoint mark ON (mark.consumer, mark.source) = ($1, $2)
 WHERE i.revision IS NULL OR i.revision < asked.revision

-- name: inbox
SELECT subject, hashtextextended(subject, 0) AS key, revision
  FROM inbox
 WHERE (consumer, source) = ($1, $2) AND subject > $3
 ORDER BY subject
 LIMIT $4

-- name: consumers
-- Every consumer that ever applied something of a publisher in its present life.
SELECT consumer, source, epoch FROM checkpoint

-- name: facts_that_wait_for_the_courier
SELECT event_id AS id FROM outbox WHERE logged_at < now() - interval '5 minutes' LIMIT 1000

-- name: facts_that_could_not_be_applied_and_were_parked
SELECT consumer || ' of ' || source || ' ' || subject || ' ' || revision AS id FROM trouble WHERE parked_at IS NOT NULL

-- name: facts_that_fail_again_and_again
SELECT consumer || ' of ' || source || ' ' || subject || ' ' || revision AS id
  FROM trouble
 WHERE parked_at IS NULL AND due_at < now() - interval '5 minutes'

-- name: tables
-- Every table and view of a service: who owns it and what the role may do under which people read.
SELECT c.relname AS name,
       c.relkind IN ('v', 'm') AS is_view,
       c.relrowsecurity AS secured,
       coalesce(c.reloptions @> ARRAY['security_invoker=true'], false) AS shows_what_its_reader_may_see,
       has_any_column_privilege('skillslab_reader', c.oid, 'SELECT') AS readable,
       has_any_column_privilege('skillslab_reader', c.oid, 'INSERT') OR has_any_column_privilege('skillslab_reader', c.oid, 'UPDATE')
       OR has_table_privilege('skillslab_reader', c.oid, 'DELETE') OR has_table_privilege('skillslab_reader', c.oid, 'TRUNCATE')
       OR pg_get_userbyid(c.relowner) = 'skillslab_reader' AS writable
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
 ORDER BY c.relname

-- name: reader
SELECT rolsuper OR rolbypassrls OR rolcreaterole AS too_mighty FROM pg_roles WHERE rolname = 'skillslab_reader'
