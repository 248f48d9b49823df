-- name: project
-- The newest fact of each enrollment; an older one never replaces it.
INSERT INTO uptake_enrollment
SELECT fact.*
  FROM (SELECT DISTINCT ON (subject) type, revision, data
          FROM unnest($1::text[], $2::text[], $3::int[], $4::jsonb[]) AS given (type, subject, revision, data)
         ORDER BY subject, revision DESC) AS newest,
       LATERAL uptake_row(newest.type, newest.revision, newest.data) AS fact
    ON CONFLICT (session_id, enrollment_id) DO UPDATE
   SET revision = excluded.revision, state = excluded.state, decided_on = excluded.decided_on, person_id = excluded.person_id,
       worker_group = excluded.worker_group, home_municipality = excluded.home_municipality,
       home_province = excluded.home_province, home_labour_market_region = excluded.home_labour_market_region,
       home_landsdeel = excluded.home_landsdeel, home_hub = excluded.home_hub
 WHERE uptake_enrollment.revision < excluded.revision

-- name: place
INSERT INTO uptake_municipality (municipality, province, labour_market_region, landsdeel, hub)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    ON CONFLICT (municipality) DO UPDATE
   SET province = excluded.province, labour_market_region = excluded.labour_market_region,
       landsdeel = excluded.landsdeel, hub = excluded.hub

-- name: rebuild
-- From the log alone. Readers keep the table as it was until this commits; the projection waits.
WITH newest AS (
    SELECT DISTINCT ON (subject) type, revision, data
      FROM event_log
     WHERE type = ANY($1::text[])
     ORDER BY subject, revision DESC
)
INSERT INTO uptake_enrollment
SELECT fact.* FROM newest, LATERAL uptake_row(newest.type, newest.revision, newest.data) AS fact

-- name: municipalities_of
SELECT municipality, province, labour_market_region, landsdeel, hub FROM uptake_municipality
