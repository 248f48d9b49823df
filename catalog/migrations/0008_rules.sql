-- What somebody brings to a course: another one that they completed, or what they say of themselves.
ALTER TABLE course
    ADD COLUMN required_course uuid,
    ADD COLUMN statement_nl    text NOT NULL DEFAULT '',
    ADD COLUMN statement_en    text NOT NULL DEFAULT '',
    ADD CONSTRAINT course_asks_for_a_course FOREIGN KEY (required_course) REFERENCES course,
    ADD CONSTRAINT course_asks_for_another_course CHECK (required_course <> course_id);

-- What the organiser asks of the desk; from then on it is the desk's, and what it said last is shown.
ALTER TABLE session
    ADD COLUMN decide_at timestamptz,
    ADD COLUMN reserved  jsonb NOT NULL DEFAULT '[]';
ALTER TABLE availability
    ADD COLUMN minimum       integer,
    ADD COLUMN decide_at     timestamptz,
    ADD COLUMN goes_on       boolean NOT NULL DEFAULT false,
    ADD COLUMN reserved      jsonb,                -- what is kept for whom until when; null unless the desk said it
    ADD COLUMN reserved_left jsonb;                -- how many are left of it, by group

CREATE OR REPLACE VIEW course_shown WITH (security_invoker = true) AS
SELECT c.course_id, c.fieldlab_id, c.theme, c.title_nl, c.title_en, c.description_nl, c.description_en, c.hours, c.level,
       c.mode_of_delivery, c.skill_label, c.skill_uri, c.state, c.sample,
       t.name_nl AS theme_nl, t.name_en AS theme_en,
       f.name AS fieldlab_name, f.topic_nl, f.topic_en, f.place, f.municipality, f.municipality_name, f.also_known_as,
       f.province, f.province_name, f.labour_market_region, f.labour_market_region_name, f.landsdeel, f.hub,
       f.reference_date, f.regions,
       c.required_course, c.statement_nl, c.statement_en, r.title_nl AS required_title_nl, r.title_en AS required_title_en
  FROM course c
  JOIN fieldlab_shown f USING (fieldlab_id)
  JOIN theme t ON t.theme_id = c.theme
  LEFT JOIN course r ON r.course_id = c.required_course;

CREATE OR REPLACE VIEW session_with_seats WITH (security_invoker = true) AS
SELECT s.session_id, s.course_id, s.starts_at, s.ends_at, s.location, s.description_nl, s.description_en,
       coalesce(a.minimum, s.minimum) AS minimum,
       coalesce(a.needs_approval, s.needs_approval) AS needs_approval, coalesce(a.offer_hours, s.offer_hours) AS offer_hours,
       s.revision,
       (s.starts_at AT TIME ZONE 'Europe/Amsterdam')::date AS day,
       coalesce(a.capacity, s.capacity) AS capacity,
       coalesce(a.seats_left, s.capacity) AS seats_left,
       coalesce(a.waiting, 0) AS waiting,
       least(coalesce(a.closes_at, s.closes_at), s.starts_at) AS closes_at,
       CASE WHEN a.cancelled THEN NULL ELSE a.session_id IS NOT NULL END AS opened,  -- null for one that is cancelled
       coalesce(a.approval_hours, s.approval_hours) AS approval_hours,
       coalesce(a.holds_seat, s.holds_seat) AS holds_seat,
       coalesce(a.decide_at, s.decide_at) AS decide_at,
       coalesce(a.goes_on, false) AS goes_on,
       coalesce(a.reserved, s.reserved) AS reserved,
       a.reserved_left
  FROM session s
  LEFT JOIN availability a USING (session_id);

DROP VIEW session_shown;
CREATE VIEW session_shown WITH (security_invoker = true) AS
SELECT s.*, c.fieldlab_id, c.fieldlab_name, c.place, c.theme, c.title_nl, c.title_en, c.hours, c.level, c.sample,
       c.municipality, c.municipality_name, c.province, c.labour_market_region, c.labour_market_region_name, c.landsdeel, c.hub,
       c.reference_date, c.required_course, c.statement_nl, c.statement_en, c.required_title_nl, c.required_title_en
  FROM session_with_seats s
  JOIN course_shown c USING (course_id);
GRANT SELECT ON session_shown TO skillslab_reader;
