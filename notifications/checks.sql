-- name: facts_that_count_as_applied_and_that_nobody_was_told
-- Of these facts. What was parked is told of by itself.
SELECT asked.fact_id AS id
  FROM unnest($1::text[], $2::uuid[], $3::text[], $4::int[]) AS asked (source, fact_id, subject, revision)
  JOIN inbox i ON (i.consumer, i.source, i.subject) = ('notifications', asked.source, asked.subject) AND i.revision >= asked.revision
 WHERE NOT EXISTS (SELECT FROM delivery d WHERE d.fact_id = asked.fact_id)
   AND NOT EXISTS (SELECT FROM trouble t
                    WHERE (t.consumer, t.source, t.subject, t.revision) = ('notifications', asked.source, asked.subject, asked.revision))

-- name: deliveries
-- Some of the ledger, and what is wrong with each.
SELECT d.delivery_id, d.fact_id,
       EXISTS (SELECT FROM delivery other
                WHERE (other.fact_id, other.recipient_id, other.template) = (d.fact_id, d.recipient_id, d.template)
                  AND other.delivery_id < d.delivery_id) AS is_there_twice,
       d.copies > 2 OR d.copies = 2 AND d.attempts = 0 AND d.state IN ('due', 'stale') AS went_out_too_often,
       d.finished_at IS NULL AND d.due_at < now() - interval '10 minutes' AND d.leased_until < now() AS lies_about,
       d.state = 'failed' AS failed
  FROM delivery d
 WHERE d.delivery_id > $1
 ORDER BY d.delivery_id
 LIMIT $2
