-- Small letters without accents, and one kind of apostrophe: how words are compared.
CREATE FUNCTION fold(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT lower(translate(regexp_replace(normalize(given, NFKD), '[\u0300-\u036F]', '', 'g'), '’‘', ''''''))
$$;

-- The same with spaces for whatever is neither letter nor digit: how names are looked up.
CREATE FUNCTION plain(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT trim(regexp_replace(fold(given), '[^[:alnum:]]+', ' ', 'g'))
$$;

-- Reference data. Borders move each year: a new year is a new set of rows beside the old one, told apart by its date.
CREATE TABLE region (
    code           text NOT NULL,
    reference_date date NOT NULL,
    kind           text NOT NULL,
    name_nl        text NOT NULL,
    name_en        text NOT NULL,
    svg_maps_id    text,
    certainty      text,
    note_nl        text,
    note_en        text,
    PRIMARY KEY (code, reference_date),
    CONSTRAINT region_kind_is_known CHECK (kind IN ('province', 'landsdeel', 'hub', 'labourMarketRegion'))
);

CREATE TABLE municipality (
    code                 text    NOT NULL,
    reference_date       date    NOT NULL,
    name                 text    NOT NULL,
    also_known_as        text[]  NOT NULL,
    province             text    NOT NULL,
    labour_market_region text    NOT NULL,
    landsdeel            text    NOT NULL,
    hub                  text    NOT NULL,
    revision             integer NOT NULL,  -- of the latest fact about this code, whatever its date
    sort_name            text    NOT NULL GENERATED ALWAYS AS (regexp_replace(fold(name), '^''s-', '')) STORED,
    PRIMARY KEY (code, reference_date),
    CONSTRAINT municipality_lies_in_a_province FOREIGN KEY (province, reference_date) REFERENCES region,
    CONSTRAINT municipality_lies_in_a_labour_market_region FOREIGN KEY (labour_market_region, reference_date) REFERENCES region,
    CONSTRAINT municipality_lies_in_a_landsdeel FOREIGN KEY (landsdeel, reference_date) REFERENCES region,
    CONSTRAINT municipality_lies_in_a_hub FOREIGN KEY (hub, reference_date) REFERENCES region
);

-- The set that counts today. `regions` are all the codes by which a municipality can be asked for.
CREATE VIEW municipality_now AS
SELECT m.code, m.reference_date, m.name, m.also_known_as, m.province, p.name_nl AS province_name, m.labour_market_region,
       a.name_nl AS labour_market_region_name, m.landsdeel, m.hub, m.sort_name,
       ARRAY['NL', m.code, m.province, m.labour_market_region, m.landsdeel, m.hub] AS regions
  FROM municipality m
  JOIN region p ON (p.code, p.reference_date) = (m.province, m.reference_date)
  JOIN region a ON (a.code, a.reference_date) = (m.labour_market_region, m.reference_date)
 WHERE m.reference_date = (SELECT max(reference_date) FROM municipality);

CREATE TABLE theme (
    theme_id  text PRIMARY KEY,
    name_nl   text NOT NULL,
    name_en   text NOT NULL,
    certainty text NOT NULL
);

CREATE TABLE fieldlab (
    fieldlab_id            text PRIMARY KEY,
    name                   text NOT NULL,
    kind                   text NOT NULL,
    scope                  text NOT NULL,
    topic_nl               text NOT NULL,
    topic_en               text NOT NULL,
    place                  text NOT NULL,
    municipality           text NOT NULL,
    municipality_certainty text NOT NULL,
    skillslab_evidence     text NOT NULL,
    skillslab_note_nl      text,
    skillslab_note_en      text,
    certainty              text NOT NULL,  -- how sure the row is; no recognition status
    note_nl                text,
    note_en                text,
    source                 text NOT NULL,
    document               tsvector NOT NULL DEFAULT '',
    CONSTRAINT fieldlab_kind_is_known CHECK (kind IN ('fieldlab', 'skillslab', 'related'))
);
CREATE INDEX fieldlab_by_words ON fieldlab USING gin (document);

CREATE VIEW fieldlab_shown AS
SELECT f.fieldlab_id, f.name, f.kind, f.scope, f.topic_nl, f.topic_en, f.place, f.municipality, f.municipality_certainty,
       f.skillslab_evidence, f.skillslab_note_nl, f.skillslab_note_en, f.certainty, f.note_nl, f.note_en, f.source,
       m.name AS municipality_name, m.also_known_as, m.province, m.province_name, m.labour_market_region,
       m.labour_market_region_name, m.landsdeel, m.hub, m.reference_date, m.regions
  FROM fieldlab f
  JOIN municipality_now m ON m.code = f.municipality;

-- What organisers offer.
CREATE TABLE course (
    course_id        uuid     PRIMARY KEY,
    fieldlab_id      text     NOT NULL,
    theme            text     NOT NULL,
    title_nl         text     NOT NULL,
    title_en         text     NOT NULL,
    description_nl   text     NOT NULL DEFAULT '',
    description_en   text     NOT NULL DEFAULT '',
    hours            integer  NOT NULL,
    level            integer  NOT NULL,
    mode_of_delivery text     NOT NULL,
    skill_label      text,
    skill_uri        text,
    state            text     NOT NULL,
    sample           boolean  NOT NULL DEFAULT false,
    document         tsvector NOT NULL DEFAULT '',
    CONSTRAINT course_is_of_a_fieldlab FOREIGN KEY (fieldlab_id) REFERENCES fieldlab,
    CONSTRAINT course_has_a_theme FOREIGN KEY (theme) REFERENCES theme,
    CONSTRAINT course_state_is_known CHECK (state IN ('draft', 'published')),
    CONSTRAINT course_mode_is_known CHECK (mode_of_delivery IN ('presential', 'blended', 'online', 'work_based')),
    CONSTRAINT course_takes_hours CHECK (hours >= 1),
    CONSTRAINT course_level_is_of_eqf CHECK (level BETWEEN 1 AND 8)
);
CREATE INDEX course_by_words ON course USING gin (document);
CREATE INDEX course_by_fieldlab ON course (fieldlab_id);

-- One planned run of a course. Its seats are the desk's: what stands here of them is what the organiser asked for.
CREATE TABLE session (
    session_id     uuid        PRIMARY KEY,
    course_id      uuid        NOT NULL,
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    location       text        NOT NULL,
    description_nl text        NOT NULL DEFAULT '',
    description_en text        NOT NULL DEFAULT '',
    capacity       integer     NOT NULL,
    closes_at      timestamptz NOT NULL,
    minimum        integer,
    needs_approval boolean     NOT NULL DEFAULT false,
    offer_hours    integer,
    revision       integer     NOT NULL DEFAULT 1,  -- of the latest fact about this session
    CONSTRAINT session_is_of_a_course FOREIGN KEY (course_id) REFERENCES course,
    CONSTRAINT session_ends_after_it_starts CHECK (ends_at > starts_at),
    CONSTRAINT session_has_seats CHECK (capacity >= 1)
);
CREATE INDEX session_by_course ON session (course_id, starts_at);

-- The seats of each session, learned from the desk's facts and only to be shown. A session that is not in here is not open yet.
CREATE TABLE availability (
    session_id      uuid        PRIMARY KEY,
    revision        integer     NOT NULL,            -- of the seats; an older fact changes nothing
    capacity        integer     NOT NULL,
    seats_left      integer     NOT NULL,
    waiting         integer     NOT NULL,
    closes_revision integer     NOT NULL DEFAULT 0,  -- of the fact that told the closing time
    closes_at       timestamptz
) WITH (fillfactor = 50);

CREATE VIEW course_shown AS
SELECT c.course_id, c.fieldlab_id, c.theme, c.title_nl, c.title_en, c.description_nl, c.description_en, c.hours, c.level,
       c.mode_of_delivery, c.skill_label, c.skill_uri, c.state, c.sample,
       t.name_nl AS theme_nl, t.name_en AS theme_en,
       f.name AS fieldlab_name, f.topic_nl, f.topic_en, f.place, f.municipality, f.municipality_name, f.also_known_as,
       f.province, f.province_name, f.labour_market_region, f.labour_market_region_name, f.landsdeel, f.hub,
       f.reference_date, f.regions
  FROM course c
  JOIN fieldlab_shown f USING (fieldlab_id)
  JOIN theme t ON t.theme_id = c.theme;

-- A session with its seats as they are known: what the desk said last, or until then what the organiser asked for.
CREATE VIEW session_with_seats AS
SELECT s.session_id, s.course_id, s.starts_at, s.ends_at, s.location, s.description_nl, s.description_en, s.minimum,
       s.needs_approval, s.offer_hours, s.revision,
       (s.starts_at AT TIME ZONE 'Europe/Amsterdam')::date AS day,
       coalesce(a.capacity, s.capacity) AS capacity,
       coalesce(a.seats_left, s.capacity) AS seats_left,
       coalesce(a.waiting, 0) AS waiting,
       least(coalesce(a.closes_at, s.closes_at), s.starts_at) AS closes_at,
       a.session_id IS NOT NULL AS opened
  FROM session s
  LEFT JOIN availability a USING (session_id);

CREATE VIEW session_shown AS
SELECT s.*, c.fieldlab_id, c.fieldlab_name, c.place, c.theme, c.title_nl, c.title_en, c.hours, c.level, c.sample,
       c.municipality, c.municipality_name, c.province, c.labour_market_region, c.landsdeel, c.hub, c.reference_date
  FROM session_with_seats s
  JOIN course_shown c USING (course_id);

CREATE FUNCTION session_state(opened boolean, closes_at timestamptz, starts_at timestamptz, ends_at timestamptz, at timestamptz)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN at >= ends_at THEN 'finished'
            WHEN at >= closes_at OR at >= starts_at THEN 'closed'
            WHEN opened THEN 'open'
            ELSE 'announced' END
$$;

-- Of one course: how many sessions are yet to start and fit what is asked, and which of them is next.
CREATE FUNCTION coming_sessions(course uuid, now timestamptz, first_day date, last_day date, with_free_seat boolean)
RETURNS TABLE (coming bigint, next_session uuid, next_start timestamptz) LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT count(*), (array_agg(s.session_id ORDER BY s.starts_at, s.session_id))[1], min(s.starts_at)
  FROM session_with_seats s
 WHERE s.course_id = course
   AND s.starts_at > now
   AND (first_day IS NULL OR s.day >= first_day)
   AND (last_day IS NULL OR s.day <= last_day)
   AND (NOT with_free_seat
        OR s.seats_left > 0 AND session_state(s.opened, s.closes_at, s.starts_at, s.ends_at, now) = 'open')
$$;

-- The words a course or a fieldlab is found by: in its title, then its theme and the names of its fieldlab and place, then
-- the fieldlab's topic and the skill, then the description. Names are kept as they are, texts are stemmed by their language.
CREATE FUNCTION words_of_names(VARIADIC names text[]) RETURNS tsvector LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT to_tsvector('simple', fold(array_to_string(names, ' ; ')))
$$;

CREATE FUNCTION words_of_texts(nl text, en text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT to_tsvector('dutch', fold(coalesce(nl, ''))) || to_tsvector('english', fold(coalesce(en, '')))
$$;
