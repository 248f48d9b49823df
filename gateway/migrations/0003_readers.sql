-- What people look at is read as skillslab_reader, under the policies below. Finding out who asks comes before that, and is done by
-- the owner, as are changes, each of which names whose it is.
GRANT SELECT ON person, role, invitation, employer TO skillslab_reader;
GRANT SELECT (token_id, person_id, name, role, scope, can_write, made_at, expires_at, last_used_on) ON token TO skillslab_reader;
GRANT SELECT ON web_session TO skillslab_reader;

-- Scopes that the asker looks after in some role: contact persons are the manager's.
CREATE FUNCTION looks_after(role text, scope text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT cardinality(asking_scopes('operator')) > 0
    OR role <> 'operator' AND scope = ANY (asking_scopes(CASE role WHEN 'employer-contact' THEN 'employer' ELSE role END))
$$;

ALTER TABLE role ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_see_their_own_roles ON role FOR SELECT TO skillslab_reader USING (person_id = (SELECT asking_person()));
CREATE POLICY colleagues_see_each_other ON role FOR SELECT TO skillslab_reader USING (looks_after(name, scope));

ALTER TABLE person ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_see_themselves ON person FOR SELECT TO skillslab_reader USING (person_id = (SELECT asking_person()));
CREATE POLICY people_with_a_role_are_seen_with_it ON person FOR SELECT TO skillslab_reader
    USING (person_id IN (SELECT role.person_id FROM role));

-- The name of whoever invited somebody stands on the invitation, so that no more of that person has to be seen.
ALTER TABLE invitation ADD COLUMN inviter text NOT NULL DEFAULT '';
ALTER TABLE invitation ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_invited_see_their_invitation ON invitation FOR SELECT TO skillslab_reader
    USING (lower(email) = (SELECT lower(email) FROM person WHERE person_id = asking_person()));
CREATE POLICY colleagues_see_who_is_invited ON invitation FOR SELECT TO skillslab_reader USING (looks_after(role, scope));

ALTER TABLE token ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_see_their_own_tokens ON token FOR SELECT TO skillslab_reader USING (person_id = (SELECT asking_person()));
ALTER TABLE web_session ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_see_their_own_sessions ON web_session FOR SELECT TO skillslab_reader
    USING (person_id = (SELECT asking_person()));
