-- name: begin
-- Once for each erasure; a second time finds the ids of the first.
INSERT INTO erasure (erasure_id, person_id, anonymous_id) VALUES ($1, $2, $3)
    ON CONFLICT (erasure_id) DO UPDATE SET begun_at = erasure.begun_at
RETURNING erasure_id, person_id, anonymous_id

-- name: unfinished
-- What is to be swept: what is not done yet, and for a day what may have come after it.
SELECT erasure_id, person_id, anonymous_id FROM erasure WHERE person_id IS NOT NULL ORDER BY begun_at FOR UPDATE SKIP LOCKED

-- name: tell
UPDATE erasure SET told = $2 WHERE erasure_id = $1

-- name: done
UPDATE erasure SET done_at = coalesce(done_at, now()) WHERE erasure_id = $1

-- name: let_go
UPDATE erasure SET person_id = NULL, anonymous_id = NULL WHERE done_at < now() - interval '1 day' AND person_id IS NOT NULL

-- name: told
SELECT done_at IS NOT NULL AS done, told::text AS told FROM erasure WHERE erasure_id = $1

-- name: gone
SELECT person_id FROM erasure WHERE person_id = ANY($1::uuid[])

-- name: rekey_log
SELECT rekey_log($1::text[], $2::uuid[], $3::text[])

-- name: rekey_trouble
-- Facts that were set apart name people too.
UPDATE trouble SET message = replace(message::text, $1::text, $2::text)::jsonb WHERE strpos(message::text, $1::text) > 0
