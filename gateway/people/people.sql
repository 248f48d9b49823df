-- name: person
SELECT person_id, email, name, language, declines FROM person WHERE person_id = $1

-- name: people
SELECT person_id, email, name, language, declines FROM person WHERE person_id = ANY($1::uuid[])

-- name: with_address
SELECT person_id FROM person WHERE lower(email) = lower($1)

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

-- name: correct
UPDATE person
   SET name = coalesce($2, name), language = coalesce($3, language), declines = coalesce($4::text[], declines)
 WHERE person_id = $1

-- name: request_sign_in
INSERT INTO sign_in (sign_in_id, email, language, secret_hash, next_page, expires_at, browser_hash, asked_from)
VALUES ($1, $2, $3, $4, $5, now() + $6::interval, $7, $8)

-- name: take_turn
-- One at a time for an address, so that many at once cannot all be the last one allowed.
SELECT pg_advisory_xact_lock(hashtext('links to ' || lower($1)))

-- name: recent_sign_ins
SELECT count(*) AS from_anywhere, count(*) FILTER (WHERE asked_from = $2) AS from_here
  FROM sign_in
 WHERE lower(email) = lower($1) AND requested_at > now() - interval '10 minutes'

-- name: sign_ins
SELECT s.sign_in_id, s.email, s.language, p.name
  FROM sign_in s
  LEFT JOIN person p ON lower(p.email) = lower(s.email)
 WHERE s.sign_in_id = ANY($1::uuid[])
   AND s.used_at IS NULL
   AND s.expires_at > now()

-- name: open_sign_in
SELECT browser_hash FROM sign_in
 WHERE sign_in_id = $1 AND secret_hash = $2 AND used_at IS NULL AND expires_at > now()

-- name: try_sign_ins
-- What a browser asked for and may still type a code for, the newest first. Each look counts, whatever was typed: five are all
-- there are, however many come at once.
WITH tried AS (
    UPDATE sign_in SET tries = tries + 1
     WHERE browser_hash = $1 AND used_at IS NULL AND expires_at > now() AND tries < 5
    RETURNING sign_in_id, requested_at
)
SELECT sign_in_id FROM tried ORDER BY requested_at DESC

-- name: use_sign_in
-- Once: whoever comes second finds it used.
UPDATE sign_in SET used_at = now()
 WHERE sign_in_id = $1 AND secret_hash = $2 AND browser_hash = $3 AND used_at IS NULL AND expires_at > now()
RETURNING email, language, next_page

-- name: forget_old
WITH sessions AS (DELETE FROM web_session WHERE expires_at < now()),
     tokens AS (DELETE FROM token WHERE expires_at < now() - interval '30 days'),
     invitations AS (DELETE FROM invitation WHERE expires_at < now()),
     counted AS (DELETE FROM invitation_sent WHERE at < now() - interval '1 day'),
     visits AS (DELETE FROM provider_visit WHERE expires_at < now())
DELETE FROM sign_in WHERE expires_at < now() - interval '1 day'

-- name: disarm
-- Made-up people keep nothing that lets anybody in, and neither does whoever has a role from them, or from who has one from them.
WITH RECURSIVE made_up AS (
    SELECT person_id FROM person WHERE email LIKE $1
), given (person_id, name, scope) AS (
    SELECT role.person_id, name, scope FROM role JOIN made_up ON made_up.person_id IN (role.person_id, role.granted_by)
     UNION
    SELECT role.person_id, role.name, role.scope FROM role JOIN given ON role.granted_by = given.person_id
), roles AS (
    DELETE FROM role USING given WHERE (role.person_id, role.name, role.scope) = (given.person_id, given.name, given.scope)
), invitations AS (
    DELETE FROM invitation WHERE invited_by IN (SELECT person_id FROM made_up UNION SELECT person_id FROM given)
), identities AS (
    DELETE FROM identity USING made_up WHERE identity.person_id = made_up.person_id
), sessions AS (
    DELETE FROM web_session USING made_up WHERE web_session.person_id = made_up.person_id
)
DELETE FROM token
 WHERE person_id IN (SELECT person_id FROM made_up)
    OR (person_id, role, scope) IN (SELECT person_id, name, scope FROM given)
