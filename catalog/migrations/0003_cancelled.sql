-- The desk decides that a session does not take place; here it is shown.
ALTER TABLE availability ADD COLUMN cancelled boolean NOT NULL DEFAULT false;
ALTER TABLE availability ADD COLUMN offer_hours integer;  -- null unless it was changed

DROP VIEW session_shown;
DROP FUNCTION coming_sessions(uuid, timestamptz, date, date, boolean);
DROP VIEW session_with_seats;
DROP FUNCTION session_state(boolean, timestamptz, timestamptz, timestamptz, timestamptz);

CREATE VIEW session_with_seats WITH (security_invoker = true) AS
SELECT s.session_id, s.course_id, s.starts_at, s.ends_at, s.location, s.description_nl, s.description_en, s.minimum,
       s.needs_approval, coalesce(a.offer_hours, s.offer_hours) AS offer_hours, s.revision,
       (s.starts_at AT TIME ZONE 'Europe/Amsterdam')::date AS day,
       coalesce(a.capacity, s.capacity) AS capacity,
       coalesce(a.seats_left, s.capacity) AS seats_left,
       coalesce(a.waiting, 0) AS waiting,
       least(coalesce(a.closes_at, s.closes_at), s.starts_at) AS closes_at,
       CASE WHEN a.cancelled THEN NULL ELSE a.session_id IS NOT NULL END AS opened  -- null for one that is cancelled
  FROM session s
  LEFT JOIN availability a USING (session_id);

CREATE VIEW session_shown WITH (security_invoker = true) AS
SELECT s.*, c.fieldlab_id, c.fieldlab_name, c.place, c.theme, c.title_nl, c.title_en, c.hours, c.level, c.sample,
       c.municipality, c.municipality_name, c.province, c.labour_market_region, c.landsdeel, c.hub, c.reference_date
  FROM session_with_seats s
  JOIN course_shown c USING (course_id);
GRANT SELECT ON session_with_seats, session_shown TO skillslab_reader;

CREATE FUNCTION session_state(opened boolean, closes_at timestamptz, starts_at timestamptz, ends_at timestamptz, at timestamptz)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN opened IS NULL THEN 'cancelled'
            WHEN at >= ends_at THEN 'finished'
            WHEN at >= closes_at OR at >= starts_at THEN 'closed'
            WHEN opened THEN 'open'
            ELSE 'announced' END
$$;

CREATE FUNCTION coming_sessions(course uuid, now timestamptz, first_day date, last_day date, with_free_seat boolean)
RETURNS TABLE (coming bigint, next_session uuid, next_start timestamptz) LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT count(*), (array_agg(s.session_id ORDER BY s.starts_at, s.session_id))[1], min(s.starts_at)
  FROM session_with_seats s
 WHERE s.course_id = course
   AND s.starts_at > now
   AND s.opened IS NOT NULL
   AND (first_day IS NULL OR s.day >= first_day)
   AND (last_day IS NULL OR s.day <= last_day)
   AND (NOT with_free_seat
        OR s.seats_left > 0 AND session_state(s.opened, s.closes_at, s.starts_at, s.ends_at, now) = 'open')
$$;
