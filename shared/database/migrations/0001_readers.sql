-- Whoever asks for something reads under this role, never as the owner of the tables: row-level security then holds even where a
-- statement forgot to ask whose a row is. A role is of the whole server; it may be there already, made by somebody who may.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skillslab_reader') THEN
        CREATE ROLE skillslab_reader NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, 'skillslab_reader', 'MEMBER') THEN
        GRANT skillslab_reader TO CURRENT_USER;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was just quicker
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role skillslab_reader is missing, or % is no member of it', current_user
              USING HINT = 'As a superuser: CREATE ROLE skillslab_reader NOLOGIN; GRANT skillslab_reader TO ' || current_user;
END $$;

-- Who asks, for as long as the transaction lasts: {"person": id, "organiser": [fieldlabs], "region": [codes], …}.
CREATE FUNCTION asks() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT coalesce(nullif(current_setting('skillslab.asks', true), ''), '{}')::jsonb
$$;
CREATE FUNCTION asking_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT (asks() ->> 'person')::uuid
$$;
CREATE FUNCTION asking_scopes(role text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT ARRAY(SELECT jsonb_array_elements_text(coalesce(asks() -> role, '[]')))
$$;
