-- name: offer
INSERT INTO transfer (enrollment_id, session_id, from_person, from_name, to_person, to_email, language, expires_at)
SELECT $1, $2, person_id, name, $4, $5, $6, least(now() + $7::interval, $8) FROM person WHERE person_id = $3
    ON CONFLICT (enrollment_id) DO NOTHING
RETURNING transfer_id

-- name: lapsed
-- Nobody answered in time: there is room for another.
DELETE FROM transfer WHERE enrollment_id = $1 AND expires_at <= now() AND accepted_by IS NULL

-- name: let_lapse
DELETE FROM transfer WHERE expires_at <= now() AND accepted_by IS NULL

-- name: transfer
-- One that the asker gives or may take.
SELECT t.*, t.from_person = $2 AS given
  FROM transfer t
  JOIN person p ON p.person_id = $2
 WHERE t.transfer_id = $1 AND t.expires_at > now()
   AND (t.from_person = $2 OR t.to_person = $2 OR lower(t.to_email) = lower(p.email))

-- name: transfers
SELECT t.*, t.from_person = $1 AS given
  FROM transfer t
  JOIN person p ON p.person_id = $1
 WHERE t.expires_at > now() AND (t.from_person = $1 OR t.to_person = $1 OR lower(t.to_email) = lower(p.email))
 ORDER BY t.offered_at DESC, t.transfer_id

-- name: of_enrollment
SELECT t.*, true AS given FROM transfer t WHERE t.enrollment_id = $1 AND t.from_person = $2 AND t.expires_at > now()

-- name: accept
-- Only by whom it is offered to; again by the same is harmless, and what they told first stands.
UPDATE transfer t SET accepted_by = p.person_id, told = CASE WHEN t.accepted_by IS NULL THEN $3::jsonb ELSE t.told END
  FROM person p
 WHERE t.transfer_id = $1 AND p.person_id = $2 AND (t.to_person = $2 OR lower(t.to_email) = lower(p.email))
   AND (t.expires_at > now() AND t.accepted_by IS NULL OR t.accepted_by = $2)
RETURNING t.*, false AS given

-- name: hold
-- One that was said yes to: whoever has it in hand asks the desk, and nobody else meanwhile; nor does it go back in between.
SELECT t.*, false AS given FROM transfer t WHERE t.transfer_id = $1 AND t.accepted_by = $2 FOR UPDATE

-- name: put_back
UPDATE transfer SET accepted_by = NULL, told = '{}' WHERE transfer_id = $1

-- name: done
DELETE FROM transfer WHERE transfer_id = $1

-- name: decline
DELETE FROM transfer t USING person p
 WHERE t.transfer_id = $1 AND p.person_id = $2 AND (t.to_person = $2 OR lower(t.to_email) = lower(p.email))
   AND t.accepted_by IS NULL
RETURNING t.*, false AS given

-- name: withdraw
DELETE FROM transfer WHERE transfer_id = $1 AND from_person = $2 AND accepted_by IS NULL RETURNING *, true AS given

-- name: drop
-- The enrollment ended otherwise.
DELETE FROM transfer WHERE enrollment_id = $1 AND from_person = $2 AND accepted_by IS NULL

-- name: unfinished
-- Said yes to, and it is not known yet what the desk made of it.
SELECT t.*, false AS given FROM transfer t WHERE t.accepted_by IS NOT NULL LIMIT $1

-- name: to_mail
SELECT t.transfer_id, t.from_name, coalesce(p.email, t.to_email) AS email, p.name, coalesce(p.language, t.language) AS language
  FROM transfer t
  LEFT JOIN person p ON p.person_id = t.to_person OR lower(p.email) = lower(t.to_email)
 WHERE t.transfer_id = ANY($1::uuid[]) AND t.expires_at > now() AND t.accepted_by IS NULL
   AND coalesce(p.email, t.to_email) IS NOT NULL
