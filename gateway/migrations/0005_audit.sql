-- Who did what to which record, when and from where, and who looked at whose data. Append-only: forgetting somebody puts another id
-- in, and entries that are old enough are let go; nothing else changes here.
CREATE TABLE audit_entry (
    entry_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id   uuid        NOT NULL,
    role       text        NOT NULL,
    scope      text        NOT NULL DEFAULT '',
    action     text        NOT NULL,
    record     text        NOT NULL DEFAULT '',   -- such as enrollments/<id>
    about      uuid[]      NOT NULL DEFAULT '{}',  -- whose data it is, as far as they are others than the actor
    address    text        NOT NULL DEFAULT '',   -- of the network it came from
    request_id text        NOT NULL DEFAULT ''
) WITH (fillfactor = 100);
CREATE INDEX audit_by_actor ON audit_entry (actor_id, entry_id);
CREATE INDEX audit_by_record ON audit_entry (record, entry_id);
CREATE INDEX audit_about ON audit_entry USING gin (about) WHERE about <> '{}';

CREATE FUNCTION refuse_to_rewrite_the_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('skillslab.rekeying', true) = 'on' AND tg_op = 'UPDATE'
       OR current_setting('skillslab.letting_go', true) = 'on' AND tg_op = 'DELETE' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'audit_entry is append-only: % is refused', tg_op USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_the_audit();

CREATE FUNCTION refuse_to_change_what_was_done() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.entry_id, new.at, new.role, new.scope, new.action, new.request_id)
       IS DISTINCT FROM (old.entry_id, old.at, old.role, old.scope, old.action, old.request_id) THEN
        RAISE EXCEPTION 'audit_entry is append-only: only who it was may change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER audit_keeps_what_was_done BEFORE UPDATE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_what_was_done();

CREATE FUNCTION rekey_audit(person uuid, anonymous uuid) RETURNS bigint LANGUAGE plpgsql AS $$
-- Put another id wherever this person's stands; from where they came is blanked.
DECLARE
    changed bigint;
BEGIN
    PERFORM set_config('skillslab.rekeying', 'on', true);
    UPDATE audit_entry
       SET actor_id = CASE WHEN actor_id = person THEN anonymous ELSE actor_id END,
           address = CASE WHEN actor_id = person THEN '' ELSE address END,
           about = array_replace(about, person, anonymous),
           record = replace(record, person::text, anonymous::text)
     WHERE actor_id = person OR (about <> '{}' AND about @> ARRAY[person]);
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM set_config('skillslab.rekeying', 'off', true);
    RETURN changed;
END $$;

CREATE FUNCTION let_go_of_audit(before timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    gone bigint;
BEGIN
    PERFORM set_config('skillslab.letting_go', 'on', true);
    DELETE FROM audit_entry WHERE at < before;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('skillslab.letting_go', 'off', true);
    RETURN gone;
END $$;

-- People see what they did and who looked at theirs; an operator sees all.
GRANT SELECT ON audit_entry TO skillslab_reader;
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_see_what_they_did ON audit_entry FOR SELECT TO skillslab_reader
    USING (actor_id = (SELECT asking_person()));
CREATE POLICY people_see_who_looked_at_theirs ON audit_entry FOR SELECT TO skillslab_reader
    USING (about <> '{}' AND about @> ARRAY[(SELECT asking_person())]);
CREATE POLICY operators_see_all ON audit_entry FOR SELECT TO skillslab_reader
    USING ((SELECT cardinality(asking_scopes('operator'))) > 0);

-- Which mails somebody chose not to get, by their template.
ALTER TABLE person
    ADD COLUMN declines text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT only_some_mails_can_be_declined CHECK (declines <@ ARRAY['waitlisted', 'cancelled']);

-- An operator looks up whose entry it is.
CREATE POLICY operators_see_people ON person FOR SELECT TO skillslab_reader
    USING ((SELECT cardinality(asking_scopes('operator'))) > 0);

-- Days are those of Amsterdam.
CREATE FUNCTION today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT (now() AT TIME ZONE 'Europe/Amsterdam')::date
$$;
ALTER TABLE person ALTER COLUMN seen_on SET DEFAULT today();
ALTER TABLE web_session ALTER COLUMN seen_on SET DEFAULT today();

-- That invitations were mailed, for a day: neither withdrawing one nor asking again takes anything off the count.
CREATE TABLE invitation_sent (
    invited_by   uuid        NOT NULL,
    address_hash bytea       NOT NULL,
    at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX invitation_sent_by ON invitation_sent (invited_by, at);
CREATE INDEX invitation_sent_to ON invitation_sent (address_hash, at);

-- From which network a link was asked for, as a hash: somebody who asks for another's links does not use up that person's own.
ALTER TABLE sign_in ADD COLUMN asked_from bytea NOT NULL DEFAULT '';
