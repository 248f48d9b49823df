-- How a session opens, where that is not: at once, to whoever comes first.
CREATE TABLE session_opening (
    session_id   uuid        PRIMARY KEY REFERENCES session,
    opens_at     timestamptz,
    draw_at      timestamptz,
    waiting_room boolean     NOT NULL DEFAULT false
);
GRANT SELECT ON session_opening TO skillslab_reader;

-- As before, but that a session which opens later has no seat for anybody yet.
CREATE OR REPLACE FUNCTION coming_sessions(course uuid, now timestamptz, first_day date, last_day date, with_free_seat boolean)
RETURNS TABLE (coming bigint, next_session uuid, next_start timestamptz) LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT count(*), (array_agg(s.session_id ORDER BY s.starts_at, s.session_id))[1], min(s.starts_at)
  FROM session_with_seats s
  LEFT JOIN session_opening o USING (session_id)
 WHERE s.course_id = course
   AND s.starts_at > now
   AND s.opened IS NOT NULL
   AND (first_day IS NULL OR s.day >= first_day)
   AND (last_day IS NULL OR s.day <= last_day)
   AND (NOT with_free_seat
        OR s.seats_left > 0 AND session_state(s.opened, s.closes_at, s.starts_at, s.ends_at, now) = 'open'
           AND (o.opens_at IS NULL OR o.opens_at <= now))
$$;
