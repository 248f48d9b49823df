-- name: roles_of
SELECT r.name, r.scope, r.granted_at, e.name AS employer_name
  FROM role r
  LEFT JOIN employer e ON r.scope = e.employer_id::text
 WHERE r.person_id = $1
 ORDER BY r.name, r.scope

-- name: holders
-- Who has one of these roles in this scope; in any scope where it is null.
SELECT r.person_id, p.name AS person_name, p.email, r.name, r.scope, r.granted_at, e.name AS employer_name,
       count(*) OVER () AS total
  FROM role r
  JOIN person p USING (person_id)
  LEFT JOIN employer e ON r.scope = e.employer_id::text
 WHERE r.name = ANY($1::text[]) AND ($2::text IS NULL OR r.scope = $2)
 ORDER BY r.name, r.scope, p.name, p.email
 LIMIT $3 OFFSET $4

-- name: grant_role
INSERT INTO role (person_id, name, scope) SELECT person_id, $2, $3 FROM unnest($1::uuid[]) AS p (person_id)
    ON CONFLICT DO NOTHING

-- name: lock_operators
SELECT person_id FROM role WHERE name = 'operator' ORDER BY person_id FOR UPDATE

-- name: withdraw_role
-- With all that would bring it back: tokens for it, an invitation to it, and what the person invited others to in it.
WITH withdrawn AS (
    DELETE FROM role WHERE (person_id, name, scope) = ($1, $2, $3) RETURNING person_id
), tokens AS (
    DELETE FROM token USING withdrawn w WHERE token.person_id = w.person_id AND (token.role, token.scope) = ($2, $3)
), invitations AS (
    DELETE FROM invitation i USING withdrawn w JOIN person p USING (person_id)
     WHERE ((i.role, i.scope) = ($2, $3) AND lower(i.email) = lower(p.email))
        OR (i.invited_by = w.person_id AND ($2 = 'operator' OR i.scope = $3))
)
SELECT person_id FROM withdrawn

-- name: employer_called
INSERT INTO employer (name) VALUES ($1) ON CONFLICT (lower(name)) DO UPDATE SET name = employer.name RETURNING employer_id

-- name: name_employer
INSERT INTO employer (employer_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: employer_name
SELECT name FROM employer WHERE employer_id::text = $1

-- name: count_invitation
-- One at a time for whoever invites, so that many at once cannot all be the last one allowed.
SELECT pg_advisory_xact_lock(hashtext('invitations by ' || $1::uuid))

-- name: sent_invitations
SELECT count(*) FILTER (WHERE invited_by = $1) AS by_them, count(*) FILTER (WHERE address_hash = $2) AS to_them
  FROM invitation_sent
 WHERE at > now() - interval '1 day' AND (invited_by = $1 OR address_hash = $2)

-- name: note_invitation
INSERT INTO invitation_sent (invited_by, address_hash) VALUES ($1, $2)

-- name: has_role
SELECT EXISTS (SELECT FROM role r JOIN person p USING (person_id)
                WHERE lower(p.email) = lower($1) AND (r.name, r.scope) = ($2, $3))

-- name: invite
-- Asking somebody again starts the days anew, and mails again.
INSERT INTO invitation (email, language, role, scope, scope_name, invited_by, expires_at, inviter)
VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval, coalesce((SELECT name FROM person WHERE person_id = $6), ''))
    ON CONFLICT (lower(email), role, scope) DO UPDATE
   SET invitation_id = gen_random_uuid(), invited_by = excluded.invited_by, invited_at = now(),
       expires_at = excluded.expires_at, scope_name = excluded.scope_name, language = excluded.language, inviter = excluded.inviter
RETURNING invitation_id

-- name: invitations_to
SELECT i.invitation_id, i.email, i.role, i.scope, i.scope_name, i.invited_at, i.expires_at, i.inviter
  FROM invitation i
 WHERE lower(i.email) = lower($1) AND i.expires_at > now()
 ORDER BY i.invited_at DESC

-- name: pending_invitations
SELECT i.invitation_id, i.email, i.role, i.scope, i.scope_name, i.invited_at, i.expires_at, i.inviter
  FROM invitation i
 WHERE i.role = ANY($1::text[]) AND ($2::text IS NULL OR i.scope = $2) AND i.expires_at > now()
 ORDER BY i.invited_at DESC
 LIMIT 200

-- name: accept_invitation
-- Only by who has the address that was invited.
WITH taken AS (
    DELETE FROM invitation i USING person p
     WHERE i.invitation_id = $1 AND p.person_id = $2 AND lower(i.email) = lower(p.email) AND i.expires_at > now()
    RETURNING i.role, i.scope, i.invited_by
), granted AS (
    INSERT INTO role (person_id, name, scope, granted_by) SELECT $2, role, scope, invited_by FROM taken
        ON CONFLICT (person_id, name, scope) DO UPDATE SET chosen_at = now()
)
SELECT role, scope FROM taken

-- name: decline_invitation
DELETE FROM invitation i USING person p
 WHERE i.invitation_id = $1 AND p.person_id = $2 AND lower(i.email) = lower(p.email)
RETURNING i.role, i.scope

-- name: invitation
SELECT invitation_id, role, scope FROM invitation WHERE invitation_id = $1

-- name: withdraw_invitation
DELETE FROM invitation WHERE invitation_id = $1

-- name: invitations_to_mail
SELECT i.invitation_id, i.email, i.language, i.role, i.scope_name, i.inviter, invited.name AS name,
       coalesce(invited.language, i.language) AS spoken
  FROM invitation i
  LEFT JOIN person invited ON lower(invited.email) = lower(i.email)
 WHERE i.invitation_id = ANY($1::uuid[]) AND i.expires_at > now()
