-- name: terms
SELECT fieldlab_id, months FROM retention WHERE fieldlab_id = ANY($1::text[])

-- name: choose
INSERT INTO retention (fieldlab_id, months) VALUES ($1, $2)
    ON CONFLICT (fieldlab_id) DO UPDATE SET months = excluded.months, decided_at = now()

-- name: due
SELECT s.session_id, s.fieldlab_id, s.ends_at, count(DISTINCT e.person_id)::int AS people, count(e.person_id)::int AS enrollments
  FROM session s
  LEFT JOIN retention r USING (fieldlab_id)
  LEFT JOIN enrollment e ON e.session_id = s.session_id AND NOT e.anonymous
 WHERE s.anonymised_at IS NULL
   AND s.ends_at < $1
   AND s.ends_at + make_interval(months => coalesce(r.months, $2)) < $1
 GROUP BY s.session_id, s.fieldlab_id, s.ends_at
 ORDER BY s.ends_at, s.session_id
 LIMIT $3

-- name: take_turn
SELECT pg_advisory_xact_lock(hashtext('retention'))

-- name: key_of_year
INSERT INTO retention_key (year, key) VALUES ($1, $2) ON CONFLICT (year) DO UPDATE SET key = retention_key.key RETURNING key

-- name: throw_keys_away
-- A year is done when none of its sessions is left to anonymise.
DELETE FROM retention_key k
 WHERE NOT EXISTS (SELECT FROM session s
                    WHERE s.anonymised_at IS NULL
                      AND s.ends_at >= make_timestamptz(k.year, 1, 1, 0, 0, 0, 'Europe/Amsterdam')
                      AND s.ends_at < make_timestamptz(k.year + 1, 1, 1, 0, 0, 0, 'Europe/Amsterdam'))
