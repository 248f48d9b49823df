-- The write side. Every table that belongs to a session has session_id in its primary key: the key to spread it by, should one
-- primary ever be too small. The names of constraints are part of the code: they say what can never be written down.

-- Where municipalities lie, learned from the catalogue; copied onto each enrollment as it is on that day.
CREATE TABLE municipality (
    municipality text PRIMARY KEY,
    place        jsonb NOT NULL
);

CREATE TABLE session (
    session_id uuid        PRIMARY KEY,
    fieldlab_id text       NOT NULL,
    about      jsonb       NOT NULL,            -- what a report needs to know of it
    starts_at  timestamptz NOT NULL,
    closes_at  timestamptz NOT NULL,
    capacity   integer     NOT NULL,
    seats_left integer     NOT NULL,
    next_seat  integer     NOT NULL DEFAULT 1,  -- seats from here on were never given out
    freed      integer[]   NOT NULL DEFAULT '{}',  -- seats below it that came back
    waiting    integer     NOT NULL DEFAULT 0,
    next_place bigint      NOT NULL DEFAULT 1,  -- rises for ever: a place in the queue is never given twice
    revision   integer     NOT NULL,            -- rises with each fact about the seats
    CONSTRAINT session_has_seats_or_none CHECK (capacity >= 0),
    CONSTRAINT session_is_never_oversold CHECK (seats_left BETWEEN 0 AND capacity),
    CONSTRAINT session_seats_add_up CHECK (seats_left = capacity - (next_seat - 1) + cardinality(freed)),
    CONSTRAINT nobody_waits_beside_a_free_seat CHECK (waiting = 0 OR seats_left = 0),
    CONSTRAINT waiting_is_counted CHECK (waiting >= 0),
    CONSTRAINT session_with_capacity UNIQUE (session_id, capacity)
) WITH (fillfactor = 50);  -- one row is rewritten at every commit: leave it room to stay on its page

CREATE TABLE enrollment (
    session_id    uuid        NOT NULL,
    enrollment_id uuid        NOT NULL,
    person_id     uuid        NOT NULL,
    state         text        NOT NULL,
    revision      integer     NOT NULL,
    seat_no       integer,
    seat_capacity integer,
    place         bigint,
    reason        text,
    registered_at timestamptz NOT NULL,
    decided_at    timestamptz NOT NULL,
    about         jsonb       NOT NULL,
    PRIMARY KEY (session_id, enrollment_id),
    CONSTRAINT enrollment_is_of_a_session FOREIGN KEY (session_id) REFERENCES session,
    CONSTRAINT enrollment_state_is_known CHECK (state IN ('confirmed', 'waitlisted', 'cancelled')),
    CONSTRAINT confirmed_means_a_seat CHECK ((state = 'confirmed') = (seat_no IS NOT NULL)),
    CONSTRAINT waitlisted_means_a_place CHECK ((state = 'waitlisted') = (place IS NOT NULL)),
    CONSTRAINT cancelled_has_a_reason CHECK ((state = 'cancelled') = (reason IS NOT NULL)),
    -- A seat knows the capacity it was given out under, and that is the session's, always: so there are no seats beyond it.
    CONSTRAINT seat_knows_its_capacity CHECK ((seat_no IS NULL) = (seat_capacity IS NULL)),
    CONSTRAINT seat_is_within_capacity CHECK (seat_no BETWEEN 1 AND seat_capacity),
    CONSTRAINT seat_capacity_is_the_sessions FOREIGN KEY (session_id, seat_capacity)
        REFERENCES session (session_id, capacity) ON UPDATE CASCADE
);
CREATE UNIQUE INDEX seat_is_held_once ON enrollment (session_id, seat_no) WHERE seat_no IS NOT NULL;
CREATE UNIQUE INDEX place_is_held_once ON enrollment (session_id, place) WHERE place IS NOT NULL;
CREATE UNIQUE INDEX person_is_enrolled_once ON enrollment (session_id, person_id) WHERE state <> 'cancelled';
CREATE INDEX enrollment_by_id ON enrollment (enrollment_id);
CREATE INDEX enrollment_by_person ON enrollment (person_id, registered_at DESC);
