-- A freed seat may be offered to the next in line, and is held for them until they answer or the time is over. Who waits in a group is
-- served together, so that a group may wait beside seats that are too few for it.
ALTER TABLE session
    ADD COLUMN offer_hours   integer,
    ADD COLUMN waiting_alone integer NOT NULL DEFAULT 0,  -- those of who waits who would take a single seat
    ADD COLUMN location      text,         -- to know whether a description moves the session
    ADD COLUMN cancelled_at  timestamptz,
    ADD COLUMN told          integer NOT NULL DEFAULT 1,  -- how many facts there are about the session itself
    DROP CONSTRAINT nobody_waits_beside_a_free_seat,
    DROP CONSTRAINT waiting_is_counted;
UPDATE session SET waiting_alone = waiting;
UPDATE session
   SET offer_hours = (l.data #>> '{seats,offerHours}')::integer
  FROM event_log l
 WHERE l.source = 'catalog' AND l.type = 'nl.skillslabs.catalog.session-announced'
   AND (l.data ->> 'sessionId')::uuid = session.session_id;
ALTER TABLE session
    ADD CONSTRAINT nobody_waits_beside_a_free_seat CHECK (waiting_alone = 0 OR seats_left = 0),
    ADD CONSTRAINT waiting_is_counted CHECK (waiting >= 0 AND waiting_alone BETWEEN 0 AND waiting),
    ADD CONSTRAINT offers_take_some_time CHECK (offer_hours BETWEEN 1 AND 720);

ALTER TABLE enrollment
    ADD COLUMN group_id      uuid,
    ADD COLUMN company       integer,      -- of who waits: how many they are together
    ADD COLUMN at_once       boolean NOT NULL DEFAULT false,
    ADD COLUMN offered_until timestamptz,
    ADD COLUMN steps         jsonb   NOT NULL DEFAULT '[]',  -- how it came to stand as it does, for the person
    DROP CONSTRAINT enrollment_state_is_known,
    DROP CONSTRAINT confirmed_means_a_seat;
UPDATE enrollment SET company = 1 WHERE place IS NOT NULL;
ALTER TABLE enrollment
    ADD CONSTRAINT enrollment_state_is_known CHECK (state IN ('confirmed', 'waitlisted', 'offered', 'cancelled')),
    ADD CONSTRAINT confirmed_or_offered_means_a_seat CHECK ((state IN ('confirmed', 'offered')) = (seat_no IS NOT NULL)),
    ADD CONSTRAINT offered_means_until CHECK ((state = 'offered') = (offered_until IS NOT NULL)),
    ADD CONSTRAINT waiting_has_company CHECK ((place IS NULL) = (company IS NULL) AND company >= 1);
CREATE INDEX offers_in_time ON enrollment (offered_until) WHERE state = 'offered';
CREATE INDEX group_that_waits ON enrollment (session_id, group_id) WHERE group_id IS NOT NULL AND place IS NOT NULL;

-- The report learns of offers.
CREATE OR REPLACE FUNCTION uptake_row(type text, revision integer, fact jsonb) RETURNS uptake_enrollment
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT (fact ->> 'sessionId')::uuid,
       (fact ->> 'enrollmentId')::uuid,
       revision,
       (fact ->> 'personId')::uuid,
       CASE type WHEN 'nl.skillslabs.enrollment.confirmed' THEN 'confirmed'
                 WHEN 'nl.skillslabs.enrollment.waitlisted' THEN 'waitlisted'
                 WHEN 'nl.skillslabs.enrollment.offered' THEN 'offered'
                 WHEN 'nl.skillslabs.enrollment.cancelled' THEN 'cancelled'
                 ELSE fact ->> 'stands' END,
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
