-- name: leave
INSERT INTO provider_visit (state_hash, browser_hash, provider, nonce, verifier, purpose, person_id, next_page, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9::interval)

-- name: come_back
-- Once, and only the browser that left: whoever comes second, or from elsewhere, finds nothing.
DELETE FROM provider_visit
 WHERE state_hash = $1 AND browser_hash = $2 AND provider = $3 AND expires_at > now()
RETURNING nonce, verifier, purpose, person_id, next_page

-- name: lock_identity
-- One at a time for each account: two first sign-ins at once make one person.
SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))

-- name: holder_of_identity
SELECT person_id FROM identity WHERE issuer = $1 AND subject = $2

-- name: meet_by_identity
-- A new person, unless somebody has the address already.
WITH met AS (
    INSERT INTO person (email, language) VALUES ($3, $4) ON CONFLICT (lower(email)) DO NOTHING RETURNING person_id
)
INSERT INTO identity (issuer, subject, person_id) SELECT $1, $2, person_id FROM met RETURNING person_id

-- name: add_identity
-- Whose it is from now on: still somebody else's, if it was.
INSERT INTO identity (issuer, subject, person_id) VALUES ($1, $2, $3)
    ON CONFLICT (issuer, subject) DO UPDATE SET person_id = identity.person_id
RETURNING person_id

-- name: identities
SELECT identity_id, issuer, subject, connected_at FROM identity WHERE person_id = $1 ORDER BY connected_at, identity_id

-- name: remove_identity
DELETE FROM identity WHERE identity_id = $1 AND person_id = $2 RETURNING identity_id
