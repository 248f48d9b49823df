-- name: save_sessions
INSERT INTO session (session_id, revision, fieldlab_name, title_nl, title_en, starts_at, ends_at, location, sample, course_id)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
                     $8::text[], $9::boolean[], $10::uuid[])
    ON CONFLICT (session_id) DO UPDATE
   SET revision = excluded.revision, fieldlab_name = excluded.fieldlab_name, title_nl = excluded.title_nl,
       title_en = excluded.title_en, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
       location = excluded.location, sample = excluded.sample, course_id = excluded.course_id
 WHERE session.revision < excluded.revision

-- name: sessions
SELECT session_id, fieldlab_name, title_nl, title_en, starts_at, ends_at, location, sample, course_id, revision
  FROM session
 WHERE session_id = ANY($1::uuid[])

-- name: queue
-- A fact that comes again finds its row and adds none.
INSERT INTO delivery (message_id, fact_id, recipient_id, template, subject, revision, logged_at, session_id, enrollment_id,
                      position, until, described, because, state, finished_at)
SELECT message_id, fact_id, recipient_id, template, subject, revision, logged_at, session_id, enrollment_id, position, until,
       described, because, CASE WHEN stale THEN 'stale' ELSE 'due' END, CASE WHEN stale THEN now() END
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::timestamptz[], $8::uuid[],
              $9::uuid[], $10::int[], $11::timestamptz[], $12::int[], $13::boolean[], $14::text[]) WITH ORDINALITY
    AS n (message_id, fact_id, recipient_id, template, subject, revision, logged_at, session_id, enrollment_id, position,
          until, described, stale, because, nr)
 ORDER BY nr
    ON CONFLICT (fact_id, recipient_id, template) DO NOTHING

-- name: claim
-- Take what is due in hand, for a while. Nobody else takes it meanwhile, and nothing is taken before what the same person is to
-- hear first. No row lock is held while mail is sent.
WITH due AS (
    SELECT delivery_id
      FROM delivery d
     WHERE finished_at IS NULL
       AND state IN ('due', 'unknown')
       AND due_at <= now()
       AND leased_until < now()
       AND NOT EXISTS (SELECT 1
                         FROM delivery earlier
                        WHERE earlier.subject = d.subject AND earlier.revision < d.revision AND earlier.finished_at IS NULL)
     ORDER BY template <> 'sign-in', due_at, delivery_id
     LIMIT $3
       FOR UPDATE SKIP LOCKED
)
UPDATE delivery SET lease = $1, leased_until = now() + $2::interval
  FROM due
 WHERE delivery.delivery_id = due.delivery_id
RETURNING delivery.delivery_id, message_id, recipient_id, template, subject, revision, logged_at, session_id, enrollment_id, position,
          until, described, because, copies, attempts, queued_at

-- name: renew
UPDATE delivery SET leased_until = now() + $2::interval WHERE lease = $1 AND finished_at IS NULL

-- name: begin_sending
-- Committed before the first byte of a mail goes out. What is no longer ours is left out of the answer.
UPDATE delivery SET state = 'sending', copies = copies + 1, leased_until = now() + $3::interval
 WHERE delivery_id = ANY($2::bigint[]) AND lease = $1 AND finished_at IS NULL AND state IN ('due', 'unknown')
RETURNING delivery_id

-- name: record
-- What became of deliveries in hand; from here on they are in nobody's.
UPDATE delivery
   SET state = step.state, copies = step.copies, attempts = step.attempts, reason = coalesce(step.reason, delivery.reason),
       due_at = now() + step.pause, finished_at = CASE WHEN step.finished THEN now() END,
       lease = NULL, leased_until = '-infinity'
  FROM unnest($2::bigint[], $3::text[], $4::int[], $5::int[], $6::text[], $7::interval[], $8::boolean[])
    AS step (delivery_id, state, copies, attempts, reason, pause, finished)
 WHERE delivery.delivery_id = step.delivery_id AND delivery.lease = $1 AND delivery.finished_at IS NULL

-- name: release
-- Give back what was taken in hand and not begun.
UPDATE delivery SET lease = NULL, leased_until = '-infinity'
 WHERE lease = $1 AND finished_at IS NULL AND state IN ('due', 'unknown')

-- name: lose_sight
-- Whoever was sending these is gone: nobody knows whether they went out. They wait, and go out once more under the same
-- Message-ID; what went out twice already is let go.
UPDATE delivery
   SET state = 'unknown', due_at = now() + $1::interval, leased_until = '-infinity',
       finished_at = CASE WHEN copies >= 2 THEN now() END
 WHERE finished_at IS NULL AND state = 'sending' AND leased_until < now()
RETURNING delivery_id

-- name: waiting
SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(queued_at)), 0)::float AS oldest_seconds
  FROM delivery
 WHERE finished_at IS NULL

-- name: rekey
-- Enrollments became nobody's: the ledger goes along.
UPDATE delivery SET recipient_id = whose.person_id
  FROM unnest($1::text[], $2::uuid[]) AS whose (subject, person_id)
 WHERE delivery.subject = whose.subject AND delivery.recipient_id <> whose.person_id

-- name: any_to
SELECT EXISTS (SELECT FROM delivery WHERE recipient_id = $1)

-- name: told
-- What somebody was told, and when.
SELECT template, session_id, enrollment_id, state, queued_at, finished_at FROM delivery WHERE recipient_id = $1 ORDER BY delivery_id

-- name: latest
SELECT delivery_id, message_id, recipient_id, template, subject, revision, logged_at, session_id, enrollment_id, position,
       until, described, because, copies, attempts, queued_at
  FROM delivery
 WHERE recipient_id = $1 AND enrollment_id = $2 AND template NOT IN ('completed', 'outcome-corrected')
 ORDER BY revision DESC
 LIMIT 1
