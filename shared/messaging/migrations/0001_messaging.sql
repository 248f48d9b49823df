-- The life of a log. Ids and checkpoints carry it: after a restore from a backup the operator gives the log a new epoch, so
-- that no id is ever used twice and every reader knows that it has to start over.
CREATE TABLE log_epoch (
    singleton boolean PRIMARY KEY DEFAULT true,
    epoch     uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT log_has_one_epoch CHECK (singleton)
);
INSERT INTO log_epoch DEFAULT VALUES;

-- Every fact this database ever recorded, kept. Readers walk it in the order (xid, position) and stay below the oldest
-- running transaction: a position alone is handed out before its transaction commits, and a late commit would be skipped.
CREATE SEQUENCE event_log_position;
CREATE TABLE event_log (
    xid       xid8        NOT NULL DEFAULT pg_current_xact_id(),
    position  bigint      NOT NULL DEFAULT nextval('event_log_position'),
    logged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event_id  uuid        NOT NULL,
    source    text        NOT NULL,
    epoch     uuid        NOT NULL,
    type      text        NOT NULL,
    subject   text        NOT NULL,
    revision  integer     NOT NULL,
    data      jsonb       NOT NULL,
    PRIMARY KEY (xid, position, logged_at),
    CONSTRAINT revisions_count_from_one CHECK (revision >= 1),
    CONSTRAINT facts_are_small CHECK (octet_length(data::text) <= 65536)
) PARTITION BY RANGE (logged_at);
CREATE TABLE event_log_other PARTITION OF event_log DEFAULT;

CREATE FUNCTION keep_event_log_partitions(months_ahead integer DEFAULT 3) RETURNS void LANGUAGE plpgsql AS $$
-- One partition per month, made ahead of time. Run at every start and daily.
DECLARE
    month date := date_trunc('month', now() AT TIME ZONE 'UTC');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('keep_event_log_partitions'));
    FOR ahead IN 0..months_ahead LOOP
        IF to_regclass(to_char(month, '"event_log_"YYYY_MM')) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF event_log FOR VALUES FROM (%L) TO (%L)',
                           to_char(month, '"event_log_"YYYY_MM'), month || ' 00:00+00', month + interval '1 month' || '+00');
        END IF;
        month := month + interval '1 month';
    END LOOP;
END $$;
SELECT keep_event_log_partitions();

CREATE FUNCTION refuse_to_rewrite_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'event_log is append-only: % is refused', tg_op USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_history();

-- What the courier has not confirmed yet. The key refuses a second fact for the same step of the same subject.
CREATE TABLE outbox (
    event_id     uuid        PRIMARY KEY,
    xid          xid8        NOT NULL DEFAULT pg_current_xact_id(),
    position     bigint      NOT NULL,
    logged_at    timestamptz NOT NULL,
    leased_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
CREATE INDEX outbox_in_order ON outbox (xid, position);

-- The last revision of each subject that a consumer applied: a fact counts once, and in order.
CREATE TABLE inbox (
    consumer text    NOT NULL,
    source   text    NOT NULL,
    subject  text    NOT NULL,
    revision integer NOT NULL,
    PRIMARY KEY (consumer, source, subject)
) WITH (fillfactor = 80);

-- How far a consumer has walked a publisher's log; its row is also the lock that makes a consumer's processes take turns.
CREATE TABLE checkpoint (
    consumer text NOT NULL,
    source   text NOT NULL,
    epoch    uuid,
    cursor   text NOT NULL DEFAULT '',
    PRIMARY KEY (consumer, source)
);

-- Facts that a reaction could not apply, with the reason: tried again when due, parked after too many tries.
CREATE TABLE trouble (
    consumer  text        NOT NULL,
    source    text        NOT NULL,
    subject   text        NOT NULL,
    revision  integer     NOT NULL,
    message   jsonb       NOT NULL,
    attempts  integer     NOT NULL,
    reason    text        NOT NULL,
    due_at    timestamptz NOT NULL,
    parked_at timestamptz,
    PRIMARY KEY (consumer, source, subject, revision)
);

-- The first answer to a request that came with an Idempotency-Key, in the transaction of its effect; kept for two days.
CREATE TABLE first_answer (
    command_id   uuid        PRIMARY KEY,
    request_hash bytea       NOT NULL,
    answer       jsonb       NOT NULL,
    answered_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX first_answer_by_age ON first_answer (answered_at);
