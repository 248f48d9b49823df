-- name: person
SELECT person_id, email, name, language FROM person WHERE person_id = $1

-- name: people
SELECT person_id, email, name, language FROM person WHERE person_id = ANY($1::uuid[])

-- name: meet
-- The person with this address, who is new if nobody has it.
INSERT INTO person (email, name, language) VALUES ($1, $2, $3)
    ON CONFLICT (lower(email)) DO UPDATE SET email = person.email
RETURNING person_id

-- name: meet_many
INSERT INTO person (email, name, language)
SELECT email, name, 'nl' FROM unnest($1::text[], $2::text[]) AS p (email, name)
    ON CONFLICT (lower(email)) DO UPDATE SET email = person.email
RETURNING person_id

-- name: set_name
UPDATE person SET name = $2 WHERE person_id = $1

-- name: grant_role
INSERT INTO role (person_id, name, scope) SELECT person_id, $2, $3 FROM unnest($1::uuid[]) AS p (person_id)
    ON CONFLICT DO NOTHING

-- name: give_tokens
INSERT INTO token (token_hash, person_id, role, scope, expires_at)
SELECT token_hash, person_id, $3, $4, $5 FROM unnest($1::bytea[], $2::uuid[]) AS t (token_hash, person_id)
    ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at

-- name: holders_of_tokens
-- Many at once: at a rush the next look-ups gather while one is under way. A token counts as long as its role does.
SELECT token_hash, person_id, token.role, token.scope
  FROM token
 WHERE token_hash = ANY($1::bytea[])
   AND expires_at > now()
   AND (token.role = 'worker'
        OR EXISTS (SELECT 1 FROM role r WHERE (r.person_id, r.name, r.scope) = (token.person_id, token.role, token.scope)))

-- name: holders_of_sessions
SELECT session_hash, w.person_id, coalesce(array_agg(r.name) FILTER (WHERE r.name IS NOT NULL), '{}') AS roles,
       coalesce(array_agg(r.scope) FILTER (WHERE r.name IS NOT NULL), '{}') AS scopes
  FROM web_session w
  LEFT JOIN role r USING (person_id)
 WHERE session_hash = ANY($1::bytea[])
   AND expires_at > now()
 GROUP BY session_hash, w.person_id

-- name: open_session
INSERT INTO web_session (session_hash, person_id, expires_at) VALUES ($1, $2, now() + $3::interval)

-- name: close_session
DELETE FROM web_session WHERE session_hash = $1

-- name: request_sign_in
INSERT INTO sign_in (sign_in_id, email, language, secret_hash, next_page, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + $6::interval)

-- name: recent_sign_ins
SELECT count(*) FROM sign_in WHERE lower(email) = lower($1) AND requested_at > now() - interval '10 minutes'

-- name: sign_ins
SELECT s.sign_in_id, s.email, s.language, p.name
  FROM sign_in s
  LEFT JOIN person p ON lower(p.email) = lower(s.email)
 WHERE s.sign_in_id = ANY($1::uuid[])
   AND s.used_at IS NULL
   AND s.expires_at > now()

-- name: open_sign_in
SELECT email, language, next_page FROM sign_in
 WHERE sign_in_id = $1 AND secret_hash = $2 AND used_at IS NULL AND expires_at > now()

-- name: use_sign_in
-- Once: whoever comes second finds it used.
UPDATE sign_in SET used_at = now()
 WHERE sign_in_id = $1 AND secret_hash = $2 AND used_at IS NULL AND expires_at > now()
RETURNING email, language, next_page

-- name: forget_old
WITH gone AS (DELETE FROM web_session WHERE expires_at < now())
DELETE FROM sign_in WHERE expires_at < now() - interval '1 day'
