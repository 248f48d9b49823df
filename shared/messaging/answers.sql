-- name: load
SELECT command_id, request_hash, answer::text AS answer FROM first_answer WHERE command_id = ANY($1::uuid[])

-- name: keep
INSERT INTO first_answer (command_id, request_hash, answer) SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::jsonb[])

-- name: forget
DELETE FROM first_answer WHERE answered_at < now() - interval '2 days'
