-- A session may ask for an approval before a seat is given; the request holds a seat while it waits, or comes before there is one.
ALTER TABLE session
    ADD COLUMN needs_approval boolean NOT NULL DEFAULT false,  -- of those who come from now on; so are the two below
    ADD COLUMN approval_hours integer NOT NULL DEFAULT 72,
    ADD COLUMN holds_seat     boolean NOT NULL DEFAULT true,
    ADD COLUMN requests       integer NOT NULL DEFAULT 0,      -- how many wait to be decided
    ADD CONSTRAINT approvals_take_some_time CHECK (approval_hours BETWEEN 1 AND 720),
    ADD CONSTRAINT requests_are_counted CHECK (requests >= 0);
UPDATE session
   SET needs_approval = true
  FROM event_log l
 WHERE l.source = 'catalog' AND l.type = 'nl.skillslabs.catalog.session-announced'
   AND (l.data ->> 'sessionId')::uuid = session.session_id
   AND (l.data #>> '{seats,needsApproval}')::boolean;

ALTER TABLE enrollment
    ADD COLUMN approval       text,         -- what it needs of an approver: a yes with a seat, a yes first, or nothing any more
    ADD COLUMN approval_until timestamptz,
    DROP CONSTRAINT enrollment_state_is_known,
    DROP CONSTRAINT confirmed_or_offered_means_a_seat,
    DROP CONSTRAINT cancelled_has_a_reason,
    ADD CONSTRAINT enrollment_state_is_known
        CHECK (state IN ('requested', 'confirmed', 'waitlisted', 'offered', 'declined', 'cancelled')),
    ADD CONSTRAINT approval_is_known CHECK (approval IN ('with-seat', 'first', 'given')),
    -- Or requested with one: nobody else has a seat.
    ADD CONSTRAINT confirmed_or_offered_means_a_seat
        CHECK ((state IN ('confirmed', 'offered') OR state = 'requested' AND approval = 'with-seat') = (seat_no IS NOT NULL)),
    ADD CONSTRAINT no_seat_before_its_approval
        CHECK (approval IS NULL OR approval = 'given' OR state NOT IN ('confirmed', 'offered')),
    ADD CONSTRAINT nobody_is_in_line_before_an_approval_that_comes_first CHECK (approval <> 'first' OR state <> 'waitlisted'),
    ADD CONSTRAINT only_what_needs_an_approval_is_asked
        CHECK (state NOT IN ('requested', 'declined') OR coalesce(approval, 'given') <> 'given'),
    ADD CONSTRAINT requested_means_until CHECK ((state = 'requested') = (approval_until IS NOT NULL)),
    -- Declined too.
    ADD CONSTRAINT cancelled_has_a_reason CHECK ((state IN ('cancelled', 'declined')) = (reason IS NOT NULL));
DROP INDEX person_is_enrolled_once;
CREATE UNIQUE INDEX person_is_enrolled_once ON enrollment (session_id, person_id) WHERE state NOT IN ('cancelled', 'declined');
CREATE INDEX requests_in_time ON enrollment (approval_until) WHERE state = 'requested';

-- The report learns of requests. A fact that gives a state is called by it; one that gives none says how it stands.
CREATE OR REPLACE FUNCTION uptake_row(type text, revision integer, fact jsonb) RETURNS uptake_enrollment
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT (fact ->> 'sessionId')::uuid,
       (fact ->> 'enrollmentId')::uuid,
       revision,
       (fact ->> 'personId')::uuid,
       coalesce(fact ->> 'stands', split_part(type, '.', 4)),
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
