-- name: person
SELECT email FROM person WHERE person_id = $1 FOR UPDATE

-- name: count
-- What there is about somebody, before it is erased.
SELECT (SELECT count(*) FROM role WHERE person_id = $1) AS roles,
       (SELECT count(*) FROM token WHERE person_id = $1) AS tokens,
       (SELECT count(*) FROM web_session WHERE person_id = $1) AS sessions,
       (SELECT count(*) FROM identity WHERE person_id = $1) AS accounts,
       (SELECT count(*) FROM sign_in WHERE lower(email) = lower($2)) AS links,
       (SELECT count(*) FROM invitation WHERE lower(email) = lower($2)) AS invitations,
       (SELECT count(*) FROM transfer WHERE from_person = $1 OR to_person = $1 OR lower(to_email) = lower($2)) AS transfers

-- name: erase
-- The person with all that hangs on them: roles, tokens, sessions, accounts. What others may still hold of them goes too.
WITH links AS (DELETE FROM sign_in WHERE lower(email) = lower($2)),
     invited AS (DELETE FROM invitation WHERE lower(email) = lower($2)),
     offered AS (DELETE FROM transfer WHERE to_person = $1 OR lower(to_email) = lower($2) OR from_person = $1),
     counted AS (DELETE FROM invitation_sent
                  WHERE invited_by = $1 OR address_hash = sha256(convert_to(lower($2), 'UTF8'))),
     invitations AS (UPDATE invitation SET inviter = '' WHERE invited_by = $1 AND lower(email) <> lower($2))
DELETE FROM person WHERE person_id = $1

-- name: long_away
-- Who was not here for so long, and is nothing to anybody.
SELECT person_id FROM person p
 WHERE seen_on < today() - make_interval(months => $1)
   AND NOT EXISTS (SELECT FROM role r WHERE r.person_id = p.person_id)
 ORDER BY seen_on, person_id
 LIMIT $2
