-- When a session ends: from then on the time counts for which it is remembered who took part. What the catalogue said of sessions
-- that stand already is in the log.
ALTER TABLE session ADD COLUMN ends_at timestamptz, ADD COLUMN anonymised_at timestamptz;
UPDATE session SET ends_at = starts_at;
UPDATE session
   SET ends_at = latest.ends_at
  FROM (SELECT DISTINCT ON (subject) (data ->> 'sessionId')::uuid AS session_id, (data ->> 'endsAt')::timestamptz AS ends_at
          FROM event_log
         WHERE source = 'catalog' AND data ? 'endsAt'
         ORDER BY subject, revision DESC) AS latest
 WHERE session.session_id = latest.session_id;
ALTER TABLE session ALTER COLUMN ends_at SET NOT NULL;
CREATE INDEX session_to_anonymise ON session (ends_at) WHERE anonymised_at IS NULL;

-- Under an id that belongs to nobody, without what the person told of themselves.
ALTER TABLE enrollment ADD COLUMN anonymous boolean NOT NULL DEFAULT false;

-- For how many months after a session's end a fieldlab remembers who took part; who is not in here keeps to the platform's default.
CREATE TABLE retention (
    fieldlab_id text        PRIMARY KEY,
    months      integer     NOT NULL,
    decided_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT retention_has_bounds CHECK (months BETWEEN 1 AND 120)
);
GRANT SELECT ON retention TO skillslab_reader;

-- Sessions of one year fall due one by one. Until the last of them is done this key gives somebody the same new id in each, so that
-- people are still counted once a year; then it is thrown away, and nobody can tell any more.
CREATE TABLE retention_key (
    year integer PRIMARY KEY,
    key  bytea   NOT NULL
);

-- The report learns that whose an enrollment is has changed; what it stands for, and the day that counts, have not.
CREATE OR REPLACE FUNCTION uptake_row(type text, revision integer, fact jsonb) RETURNS uptake_enrollment
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT (fact ->> 'sessionId')::uuid,
       (fact ->> 'enrollmentId')::uuid,
       revision,
       (fact ->> 'personId')::uuid,
       CASE type WHEN 'nl.skillslabs.enrollment.confirmed' THEN 'confirmed'
                 WHEN 'nl.skillslabs.enrollment.waitlisted' THEN 'waitlisted'
                 WHEN 'nl.skillslabs.enrollment.cancelled' THEN 'cancelled'
                 WHEN 'nl.skillslabs.enrollment.anonymised' THEN fact ->> 'stands' END,
       (coalesce(fact ->> 'decidedAt', fact ->> 'occurredAt')::timestamptz AT TIME ZONE 'Europe/Amsterdam')::date,
       ((fact ->> 'registeredAt')::timestamptz AT TIME ZONE 'Europe/Amsterdam')::date,
       (fact #>> '{about,courseId}')::uuid,
       fact #>> '{about,fieldlabId}',
       fact #>> '{about,theme}',
       (fact #>> '{about,hours}')::integer,
       (fact #>> '{about,level}')::integer,
       fact #>> '{about,fieldlab,municipality}',
       fact #>> '{about,fieldlab,province}',
       fact #>> '{about,fieldlab,labourMarketRegion}',
       fact #>> '{about,fieldlab,landsdeel}',
       fact #>> '{about,fieldlab,hub}',
       fact #>> '{about,work,municipality}',
       fact #>> '{about,work,province}',
       fact #>> '{about,work,labourMarketRegion}',
       fact #>> '{about,work,landsdeel}',
       fact #>> '{about,work,hub}',
       fact #>> '{about,home,municipality}',
       fact #>> '{about,home,province}',
       fact #>> '{about,home,labourMarketRegion}',
       fact #>> '{about,home,landsdeel}',
       fact #>> '{about,home,hub}',
       fact #>> '{about,employerSizeClass}',
       fact #>> '{about,sector}',
       fact #>> '{about,workerGroup}',
       fact #>> '{about,fundingScheme}'
$$;
