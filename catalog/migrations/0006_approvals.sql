-- Whether an approval is asked is the desk's once the session is open, like its other rules: here it is shown as it was last told.
ALTER TABLE session
    ADD COLUMN approval_hours integer NOT NULL DEFAULT 72,
    ADD COLUMN holds_seat     boolean NOT NULL DEFAULT true;
ALTER TABLE availability
    ADD COLUMN needs_approval boolean,  -- null unless it was changed; so are the two below
    ADD COLUMN approval_hours integer,
    ADD COLUMN holds_seat     boolean;

CREATE OR REPLACE VIEW session_with_seats WITH (security_invoker = true) AS
SELECT s.session_id, s.course_id, s.starts_at, s.ends_at, s.location, s.description_nl, s.description_en, s.minimum,
       coalesce(a.needs_approval, s.needs_approval) AS needs_approval, coalesce(a.offer_hours, s.offer_hours) AS offer_hours,
       s.revision,
       (s.starts_at AT TIME ZONE 'Europe/Amsterdam')::date AS day,
       coalesce(a.capacity, s.capacity) AS capacity,
       coalesce(a.seats_left, s.capacity) AS seats_left,
       coalesce(a.waiting, 0) AS waiting,
       least(coalesce(a.closes_at, s.closes_at), s.starts_at) AS closes_at,
       CASE WHEN a.cancelled THEN NULL ELSE a.session_id IS NOT NULL END AS opened,  -- null for one that is cancelled
       coalesce(a.approval_hours, s.approval_hours) AS approval_hours,
       coalesce(a.holds_seat, s.holds_seat) AS holds_seat
  FROM session s
  LEFT JOIN availability a USING (session_id);

CREATE OR REPLACE VIEW session_shown WITH (security_invoker = true) AS
SELECT s.session_id, s.course_id, s.starts_at, s.ends_at, s.location, s.description_nl, s.description_en, s.minimum,
       s.needs_approval, s.offer_hours, s.revision, s.day, s.capacity, s.seats_left, s.waiting, s.closes_at, s.opened,
       c.fieldlab_id, c.fieldlab_name, c.place, c.theme, c.title_nl, c.title_en, c.hours, c.level, c.sample,
       c.municipality, c.municipality_name, c.province, c.labour_market_region, c.landsdeel, c.hub, c.reference_date,
       s.approval_hours, s.holds_seat
  FROM session_with_seats s
  JOIN course_shown c USING (course_id);
