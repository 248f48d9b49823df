-- name: append
INSERT INTO audit_entry (actor_id, role, scope, action, record, about, address, request_id)
SELECT actor_id, role, scope, action, record, about::uuid[], address, request_id
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    WITH ORDINALITY AS e (actor_id, role, scope, action, record, about, address, request_id, nr)
 ORDER BY nr

-- name: search
-- The newest first. `before` is where the page before this one ended.
SELECT e.entry_id, e.at, e.actor_id, e.role, e.scope, e.action, e.record, e.about, e.address, e.request_id,
       actor.name AS actor_name, actor.email AS actor_email
  FROM audit_entry e
  LEFT JOIN person actor ON actor.person_id = e.actor_id
 WHERE ($1::uuid IS NULL OR e.actor_id = $1 OR (e.about <> '{}' AND e.about @> ARRAY[$1]))
   AND ($2::text IS NULL OR e.action = $2)
   AND ($3::text IS NULL OR e.record = $3)
   AND ($4::date IS NULL OR e.at >= $4::date::timestamp AT TIME ZONE 'Europe/Amsterdam')
   AND ($5::date IS NULL OR e.at < ($5::date + 1)::timestamp AT TIME ZONE 'Europe/Amsterdam')
   AND ($6::bigint IS NULL OR e.entry_id < $6)
 ORDER BY e.entry_id DESC
 LIMIT $7

-- name: looks
-- Who looked at somebody's data, the newest first.
SELECT at, role, scope, action, record
  FROM audit_entry
 WHERE about <> '{}' AND about @> ARRAY[$1::uuid] AND actor_id <> $1
 ORDER BY entry_id DESC
 LIMIT $2

-- name: own
-- What somebody did, the newest first.
SELECT at, role, scope, action, record, address FROM audit_entry WHERE actor_id = $1 ORDER BY entry_id DESC LIMIT $2

-- name: rekey
SELECT rekey_audit($1, $2)

-- name: let_go
SELECT let_go_of_audit(now() - make_interval(months => $1))
