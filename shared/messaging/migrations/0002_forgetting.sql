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

-- The log stays append-only, but for whose it was: `rekey_log` alone may change that.
CREATE OR REPLACE FUNCTION refuse_to_rewrite_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'UPDATE' AND current_setting('skillslab.rekeying', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'event_log is append-only: % is refused', tg_op USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION refuse_to_change_a_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.xid, new.position, new.logged_at, new.event_id, new.source, new.epoch, new.type, new.subject, new.revision)
       IS DISTINCT FROM
       (old.xid, old.position, old.logged_at, old.event_id, old.source, old.epoch, old.type, old.subject, old.revision)
    THEN
        RAISE EXCEPTION 'event_log is append-only: only whose a fact is may change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER event_log_keeps_its_facts BEFORE UPDATE ON event_log
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_a_fact();

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

CREATE FUNCTION rekey_log(subjects text[], person_ids uuid[], blanked text[]) RETURNS bigint
LANGUAGE plpgsql AS $$
-- Put another person's id in all facts of these subjects, and leave out what is blanked.
DECLARE
    changed bigint;
BEGIN
    PERFORM set_config('skillslab.rekeying', 'on', true);
    UPDATE event_log l
       SET data = without(jsonb_set(l.data, '{personId}', to_jsonb(whose.person_id)), blanked)
      FROM unnest(subjects, person_ids) AS whose (subject, person_id)
     WHERE l.subject = whose.subject
       AND l.data ? 'personId';
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM set_config('skillslab.rekeying', 'off', true);
    RETURN changed;
END $$;
