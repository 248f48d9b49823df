-- The desk owns these tables and sees them whole; whoever asks reads as skillslab_reader, under the policies below.

-- How full a session is, and how long its queue, is public.
GRANT SELECT ON session, municipality TO skillslab_reader;

GRANT SELECT ON enrollment TO skillslab_reader;
ALTER TABLE enrollment ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_see_their_own ON enrollment FOR SELECT TO skillslab_reader
    USING (person_id = (SELECT asking_person()));
CREATE POLICY organisers_see_their_fieldlabs ON enrollment FOR SELECT TO skillslab_reader
    USING (session_id IN (SELECT session_id FROM session WHERE fieldlab_id = ANY ((SELECT asking_scopes('organiser'))::text[])));

-- A place in the queue counts rows that the reader may not see; the number itself says nothing of whose they are.
CREATE FUNCTION place_in_line(session_id uuid, place bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT count(*) FROM enrollment q WHERE q.session_id = $1 AND q.place <= $2
$$;

CREATE INDEX session_by_fieldlab ON session (fieldlab_id);

-- Figures are for reviewers. What of them a reviewer of which region may see in print, `disclosure` decides.
GRANT SELECT ON uptake_enrollment, uptake_municipality TO skillslab_reader;
ALTER TABLE uptake_enrollment ENABLE ROW LEVEL SECURITY;
CREATE POLICY reviewers_see_figures ON uptake_enrollment FOR SELECT TO skillslab_reader
    USING ((SELECT cardinality(asking_scopes('region'))) > 0);
