-- One row per enrollment, as its latest fact left it. Filled from facts alone, by the projection or by a rebuild from the log.
CREATE TABLE uptake_enrollment (
    session_id                uuid    NOT NULL,
    enrollment_id             uuid    NOT NULL,
    revision                  integer NOT NULL,
    person_id                 uuid    NOT NULL,
    state                     text    NOT NULL,
    decided_on                date    NOT NULL,  -- the day, in Amsterdam, of the decision that gave it this state
    registered_on             date    NOT NULL,
    course_id                 uuid    NOT NULL,
    fieldlab_id               text    NOT NULL,
    theme                     text    NOT NULL,
    hours                     integer NOT NULL,
    level                     integer NOT NULL,
    fieldlab_municipality     text    NOT NULL,
    fieldlab_province         text    NOT NULL,
    fieldlab_labour_market_region text NOT NULL,
    fieldlab_landsdeel        text    NOT NULL,
    fieldlab_hub              text    NOT NULL,
    work_municipality         text,
    work_province             text,
    work_labour_market_region text,
    work_landsdeel            text,
    work_hub                  text,
    home_municipality         text,
    home_province             text,
    home_labour_market_region text,
    home_landsdeel            text,
    home_hub                  text,
    employer_size_class       text,
    sector                    text,
    worker_group              text,
    funding_scheme            text,
    PRIMARY KEY (session_id, enrollment_id)
);
CREATE INDEX uptake_by_work ON uptake_enrollment (work_province, decided_on);
CREATE INDEX uptake_by_home ON uptake_enrollment (home_province, decided_on);
CREATE INDEX uptake_by_fieldlab ON uptake_enrollment (fieldlab_province, decided_on);

-- What a fact says, as a row. The one place where facts become columns, for the projection and the rebuild alike.
CREATE FUNCTION uptake_row(type text, revision integer, fact jsonb) RETURNS uptake_enrollment
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT (fact ->> 'sessionId')::uuid,
       (fact ->> 'enrollmentId')::uuid,
       revision,
       (fact ->> 'personId')::uuid,
       CASE type WHEN 'nl.skillslabs.enrollment.confirmed' THEN 'confirmed'
                 WHEN 'nl.skillslabs.enrollment.waitlisted' THEN 'waitlisted'
                 WHEN 'nl.skillslabs.enrollment.cancelled' THEN 'cancelled' END,
       ((fact ->> 'occurredAt')::timestamptz AT TIME ZONE 'Europe/Amsterdam')::date,
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

-- The regions that a reviewer may be reviewer of, and which municipalities lie in them: learned from the catalogue.
CREATE TABLE uptake_municipality (
    municipality         text PRIMARY KEY,
    province             text NOT NULL,
    labour_market_region text NOT NULL,
    landsdeel            text NOT NULL,
    hub                  text NOT NULL
);
