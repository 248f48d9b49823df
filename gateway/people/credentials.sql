-- name: holders_of_tokens
-- Many at once: at a rush the next look-ups gather while one is under way. A token counts as long as its role does.
SELECT token_hash, person_id, token.role, token.scope, can_write, last_used_on IS DISTINCT FROM today() AS first_today
  FROM token
 WHERE token_hash = ANY($1::bytea[])
   AND expires_at > now()
   AND (token.role = 'worker'
        OR EXISTS (SELECT 1 FROM role r WHERE (r.person_id, r.name, r.scope) = (token.person_id, token.role, token.scope)))

-- name: note_use_of_tokens
-- Once a day is enough to tell a token that is used from a forgotten one. Rows that another process notes are left to it.
WITH first AS (
    SELECT token_hash, person_id FROM token WHERE token_hash = ANY($1::bytea[]) FOR UPDATE SKIP LOCKED
), used AS (
    UPDATE token SET last_used_on = today() FROM first WHERE token.token_hash = first.token_hash
), seen AS (
    SELECT person_id FROM person WHERE person_id IN (SELECT person_id FROM first) FOR UPDATE SKIP LOCKED
)
UPDATE person SET seen_on = today() FROM seen WHERE person.person_id = seen.person_id

-- name: give_tokens
INSERT INTO token (token_hash, person_id, role, scope, expires_at, name)
SELECT token_hash, person_id, $3, $4, $5, $6 FROM unnest($1::bytea[], $2::uuid[]) AS t (token_hash, person_id)
    ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at

-- name: make_token
INSERT INTO token (token_hash, person_id, role, scope, expires_at, name, can_write)
VALUES ($1, $2, $3, $4, now() + $5::interval, $6, $7)
RETURNING token_id, expires_at

-- name: tokens
SELECT token_id, name, role, scope, can_write, made_at, expires_at, last_used_on
  FROM token
 WHERE person_id = $1 AND expires_at > now()
 ORDER BY made_at DESC, token_id

-- name: is_own_token
SELECT EXISTS (SELECT FROM token WHERE token_hash = $1 AND person_id = $2)

-- name: revoke_token
DELETE FROM token WHERE token_id = $1 AND person_id = $2 RETURNING token_id

-- name: holders_of_sessions
-- The role of a session counts as long as the person has it.
SELECT session_hash, session_id, w.person_id, r.name AS role, r.scope, w.seen_on < today() AS first_today,
       w.created_at > now() - $2::interval AS lately
  FROM web_session w
  LEFT JOIN role r ON (r.person_id, r.name, r.scope) = (w.person_id, w.role, w.scope)
 WHERE session_hash = ANY($1::bytea[])
   AND expires_at > now()

-- name: note_use_of_sessions
-- Once a day, and so long is left from then on; but no longer than a session lasts.
WITH first AS (
    SELECT session_hash FROM web_session WHERE session_hash = ANY($1::bytea[]) FOR UPDATE SKIP LOCKED
)
UPDATE web_session w SET seen_on = today(), expires_at = least(now() + $2::interval, created_at + $3::interval)
  FROM first WHERE w.session_hash = first.session_hash

-- name: open_session
-- In the role that the person chose last; a worker for who has none.
WITH seen AS (
    UPDATE person SET seen_on = today() WHERE person_id = $2
), chosen AS (
    SELECT name, scope FROM role WHERE person_id = $2 ORDER BY chosen_at DESC, name, scope LIMIT 1
)
INSERT INTO web_session (session_hash, person_id, expires_at, browser, role, scope)
SELECT $1, $2, now() + $3::interval, $4, coalesce((SELECT name FROM chosen), 'worker'),
       coalesce((SELECT scope FROM chosen), '')

-- name: sessions
SELECT session_id, browser, created_at, seen_on, session_hash = $2 AS this_one
  FROM web_session
 WHERE person_id = $1 AND expires_at > now()
 ORDER BY created_at DESC, session_id

-- name: close_session
DELETE FROM web_session WHERE session_hash = $1

-- name: close_session_of
DELETE FROM web_session WHERE session_id = $1 AND person_id = $2 RETURNING session_id

-- name: close_other_sessions
DELETE FROM web_session WHERE person_id = $1 AND session_hash <> $2 RETURNING session_id

-- name: sign_out
-- Somebody, or everybody where it is null: on every browser, with the links and visits to providers that are under way.
WITH links AS (
    UPDATE sign_in SET used_at = now()
     WHERE used_at IS NULL
       AND ($1::uuid IS NULL OR lower(email) = (SELECT lower(email) FROM person WHERE person_id = $1))
), visits AS (
    DELETE FROM provider_visit WHERE $1::uuid IS NULL OR person_id = $1
)
DELETE FROM web_session WHERE $1::uuid IS NULL OR person_id = $1 RETURNING person_id

-- name: end_tokens
DELETE FROM token WHERE $1::uuid IS NULL OR person_id = $1 RETURNING person_id

-- name: act_as
-- On this browser, if the person has that role; anybody may be a worker.
WITH chosen AS (
    UPDATE role SET chosen_at = now()
     WHERE (person_id, name, scope) = ((SELECT person_id FROM web_session WHERE session_hash = $1), $2, $3)
    RETURNING name
)
UPDATE web_session SET role = $2, scope = $3
 WHERE session_hash = $1 AND expires_at > now() AND (($2, $3) = ('worker', '') OR EXISTS (SELECT 1 FROM chosen))
RETURNING role
