-- The catalogue is public, but for drafts: those are for the organisers of their fieldlab.
GRANT SELECT ON region, municipality, theme, fieldlab, course, session, availability TO skillslab_reader;
ALTER TABLE course ENABLE ROW LEVEL SECURITY;
CREATE POLICY published_courses_are_public ON course FOR SELECT TO skillslab_reader USING (state = 'published');
CREATE POLICY organisers_see_their_drafts ON course FOR SELECT TO skillslab_reader
    USING (fieldlab_id = ANY ((SELECT asking_scopes('organiser'))::text[]));
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
CREATE POLICY sessions_are_seen_with_their_course ON session FOR SELECT TO skillslab_reader
    USING (course_id IN (SELECT course_id FROM course));

-- Views show no more than their reader may see.
ALTER VIEW municipality_now SET (security_invoker = true);
ALTER VIEW fieldlab_shown SET (security_invoker = true);
ALTER VIEW course_shown SET (security_invoker = true);
ALTER VIEW session_with_seats SET (security_invoker = true);
ALTER VIEW session_shown SET (security_invoker = true);
GRANT SELECT ON municipality_now, fieldlab_shown, course_shown, session_with_seats, session_shown TO skillslab_reader;
