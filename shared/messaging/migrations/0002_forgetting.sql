-- What this service did to forget somebody. The two ids are kept for a day, in which whatever was under way is swept after them;
-- from then on nothing tells that the one became the other.
CREATE TABLE erasure (
    erasure_id   uuid        PRIMARY KEY,
    person_id    uuid,
    anonymous_id uuid,
    begun_at     timestamptz NOT NULL DEFAULT now(),
    done_at      timestamptz,
    told         jsonb       NOT NULL DEFAULT '{}',  -- how much of what was erased
    CONSTRAINT both_ids_or_none CHECK ((person_id IS NULL) = (anonymous_id IS NULL))
);
CREATE INDEX erasure_of_a_person ON erasure (person_id) WHERE person_id IS NOT NULL;

-- The log stays append-only, but for whose it was: `rekey_log` alone may change that. Row by row, so that it holds for each
-- partition by itself too.
CREATE FUNCTION without(data jsonb, paths text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
-- `data` less what stands at these paths, each written like '{about,home}'.
DECLARE
    path text;
BEGIN
    FOREACH path IN ARRAY paths LOOP
        data := data #- path::text[];
    END LOOP;
    RETURN data;
END $$;

CREATE FUNCTION refuse_to_change_a_fact() RETURNS trigger LANGUAGE plpgsql AS $$
-- `skillslab.rekeying` holds the paths that may be blanked while a person's id is replaced; it is empty at all other times.
DECLARE
    blanked text := coalesce(current_setting('skillslab.rekeying', true), '');
BEGIN
    IF tg_op = 'UPDATE' AND blanked <> '' THEN
        IF (new.xid, new.position, new.logged_at, new.event_id, new.source, new.epoch, new.type, new.subject, new.revision)
           IS NOT DISTINCT FROM
           (old.xid, old.position, old.logged_at, old.event_id, old.source, old.epoch, old.type, old.subject, old.revision)
           AND without(new.data - 'personId', blanked::text[]) = without(old.data - 'personId', blanked::text[])
        THEN
            RETURN new;
        END IF;
    END IF;
    RAISE EXCEPTION 'event_log is append-only: % is refused', tg_op USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER event_log_is_append_only ON event_log;
CREATE TRIGGER event_log_is_append_only BEFORE UPDATE OR DELETE ON event_log
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_a_fact();
CREATE TRIGGER event_log_is_kept BEFORE TRUNCATE ON event_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_history();
CREATE TRIGGER event_log_is_kept BEFORE TRUNCATE ON event_log_other
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_history();

CREATE FUNCTION keep_partition(partition regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER event_log_is_kept BEFORE TRUNCATE ON %s'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_history()', partition);
END $$;
SELECT keep_partition(inhrelid) FROM pg_inherits
 WHERE inhparent = 'event_log'::regclass AND inhrelid <> 'event_log_other'::regclass;

CREATE OR REPLACE FUNCTION keep_event_log_partitions(months_ahead integer DEFAULT 3) RETURNS void LANGUAGE plpgsql AS $$
-- One partition per month, made ahead of time. Run at every start and daily.
DECLARE
    month date := date_trunc('month', now() AT TIME ZONE 'UTC');
    name  text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('keep_event_log_partitions'));
    FOR ahead IN 0..months_ahead LOOP
        name := to_char(month, '"event_log_"YYYY_MM');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF event_log FOR VALUES FROM (%L) TO (%L)',
                           name, month || ' 00:00+00', month + interval '1 month' || '+00');
            PERFORM keep_partition(name::regclass);
        END IF;
        month := month + interval '1 month';
    END LOOP;
END $$;

CREATE FUNCTION rekey_log(subjects text[], person_ids uuid[], blanked text[]) RETURNS bigint
LANGUAGE plpgsql AS $$
-- Put another person's id in all facts of these subjects, and leave out what is blanked.
DECLARE
    changed bigint;
BEGIN
    PERFORM set_config('skillslab.rekeying', blanked::text, true);
    UPDATE event_log l
       SET data = without(jsonb_set(l.data, '{personId}', to_jsonb(whose.person_id)), blanked)
      FROM unnest(subjects, person_ids) AS whose (subject, person_id)
     WHERE l.subject = whose.subject
       AND l.data ? 'personId';
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM set_config('skillslab.rekeying', '', true);
    RETURN changed;
END $$;
