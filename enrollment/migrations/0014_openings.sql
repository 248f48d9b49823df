-- How a session opens. A session without a row here is open to whoever comes first, at once; a rush makes a row for it.
-- It is written under the lock of the session's own row.
CREATE TABLE opening (
    session_id   uuid        PRIMARY KEY,
    opens_at     timestamptz,
    draw_at      timestamptz,                    -- among whoever came before this moment, chance decides who is first
    always       boolean     NOT NULL DEFAULT false,  -- whether everybody waits for their turn, and not only at a rush
    seed_hash    text,                           -- SHA-256 of the seed, published before anybody comes
    seed         text,                           -- and the seed itself, once it was drawn
    drawn_at     timestamptz,
    next_arrival bigint      NOT NULL DEFAULT 1,
    next_turn    bigint      NOT NULL DEFAULT 1,
    served       bigint      NOT NULL DEFAULT 0, -- the turn of who was let in last
    waiting      integer     NOT NULL DEFAULT 0,
    pace         double precision,               -- how many were let in per second, lately
    paced_at     timestamptz,
    CONSTRAINT opening_is_of_a_session FOREIGN KEY (session_id) REFERENCES session,
    CONSTRAINT a_draw_has_a_seed CHECK ((draw_at IS NULL) = (seed_hash IS NULL)),
    CONSTRAINT the_seed_is_shown_at_the_draw CHECK ((drawn_at IS NULL) = (seed IS NULL)),
    CONSTRAINT the_seed_is_the_one_that_was_promised CHECK (encode(sha256(decode(seed, 'hex')), 'hex') = seed_hash),
    CONSTRAINT tickets_are_counted CHECK (waiting >= 0)
) WITH (fillfactor = 50);
CREATE INDEX opening_with_tickets ON opening (session_id) WHERE waiting > 0;
CREATE INDEX draws_to_come ON opening (draw_at) WHERE draw_at IS NOT NULL AND drawn_at IS NULL;

-- The seeds of draws to come. Only the desk reads them.
CREATE TABLE draw_seed (
    session_id uuid PRIMARY KEY REFERENCES opening,
    seed       text NOT NULL
);

-- Somebody's place in a draw or in front of a busy desk. That this row is there is what was promised to them.
CREATE TABLE ticket (
    session_id    uuid        NOT NULL,
    ticket_id     uuid        NOT NULL,          -- random, of the server's making
    person_id     uuid        NOT NULL,
    enrollment_id uuid        NOT NULL,          -- what it becomes
    arrival       bigint      NOT NULL,
    turn          bigint,                        -- unknown until the draw
    in_draw       boolean     NOT NULL DEFAULT false,
    state         text        NOT NULL,
    reason        text,
    revision      integer     NOT NULL DEFAULT 0,  -- how many facts there are about it
    asked_at      timestamptz NOT NULL,
    settled_at    timestamptz,
    anonymous     boolean     NOT NULL DEFAULT false,
    wish          jsonb       NOT NULL,          -- what was asked with it; empty once it is settled
    PRIMARY KEY (session_id, ticket_id),
    CONSTRAINT ticket_is_of_an_opening FOREIGN KEY (session_id) REFERENCES opening,
    CONSTRAINT ticket_state_is_known CHECK (state IN ('waiting', 'enrolled', 'refused', 'withdrawn')),
    CONSTRAINT refused_has_a_reason CHECK ((state = 'refused') = (reason IS NOT NULL)),
    CONSTRAINT settled_means_when CHECK ((state = 'waiting') = (settled_at IS NULL)),
    CONSTRAINT settled_keeps_no_wish CHECK (state = 'waiting' OR wish = '{}'),
    CONSTRAINT arrival_is_somebodys UNIQUE (session_id, arrival),
    CONSTRAINT turn_is_somebodys UNIQUE (session_id, turn)
);
CREATE UNIQUE INDEX person_waits_with_one_ticket ON ticket (session_id, person_id) WHERE state = 'waiting';
CREATE INDEX tickets_in_turn ON ticket (session_id, turn, arrival) WHERE state = 'waiting';
CREATE INDEX ticket_by_id ON ticket (ticket_id);
CREATE INDEX ticket_by_person ON ticket (person_id, asked_at DESC);
CREATE INDEX tickets_of_a_draw ON ticket (session_id, arrival) WHERE in_draw;

-- How a session opens is public, and so are the tickets of a draw, as bare numbers. Whose a ticket is, is theirs to see.
GRANT SELECT ON opening TO skillslab_reader;
GRANT SELECT ON ticket TO skillslab_reader;
ALTER TABLE ticket ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_see_their_own ON ticket FOR SELECT TO skillslab_reader USING (person_id = (SELECT asking_person()));

CREATE FUNCTION tickets_in_draw(session uuid, at_most integer, skipping integer)
RETURNS TABLE (ticket_id uuid, arrival bigint, turn bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT t.ticket_id, t.arrival, t.turn
  FROM ticket t
 WHERE t.session_id = session AND t.in_draw
 ORDER BY t.turn, t.arrival
 LIMIT at_most OFFSET skipping
$$;
CREATE FUNCTION how_many_in_draw(session uuid)
RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT count(*) FROM ticket t WHERE t.session_id = session AND t.in_draw
$$;
