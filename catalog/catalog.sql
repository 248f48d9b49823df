-- name: regions
-- With the provinces, landsdelen and hubs that each region's municipalities lie in, the one with most of them first.
WITH lies AS (
    SELECT around.code, m.province, m.landsdeel, m.hub
      FROM municipality_now m, unnest(ARRAY[m.province, m.labour_market_region, m.landsdeel, m.hub]) AS around (code)
)
SELECT r.code, r.kind, r.name_nl, r.name_en, r.svg_maps_id, r.certainty, r.note_nl, r.note_en, r.reference_date,
       (SELECT array_agg(province ORDER BY count DESC, province)
          FROM (SELECT province, count(*) FROM lies WHERE lies.code = r.code GROUP BY 1)) AS provinces,
       (SELECT array_agg(landsdeel ORDER BY count DESC, landsdeel)
          FROM (SELECT landsdeel, count(*) FROM lies WHERE lies.code = r.code GROUP BY 1)) AS landsdelen,
       (SELECT array_agg(hub ORDER BY count DESC, hub)
          FROM (SELECT hub, count(*) FROM lies WHERE lies.code = r.code GROUP BY 1)) AS hubs,
       (SELECT count(*) FROM lies WHERE lies.code = r.code) AS municipalities,
       count(*) OVER () AS total
  FROM region r
 WHERE r.reference_date = (SELECT max(reference_date) FROM region)
   AND ($1::text IS NULL OR r.kind = $1)
 ORDER BY array_position(ARRAY['province', 'landsdeel', 'hub', 'labourMarketRegion'], r.kind), fold(r.name_nl), r.code
 LIMIT $2 OFFSET $3

-- name: municipalities
-- By the name or any other name, accents or not; names that begin with what is asked come first.
SELECT m.*, count(*) OVER () AS total
  FROM municipality_now m
 WHERE $1::text IS NULL
    OR EXISTS (SELECT FROM unnest(m.name || m.also_known_as) AS name WHERE strpos(plain(name), plain($1)) > 0)
 ORDER BY starts_with(plain(m.sort_name), plain($1)) DESC NULLS LAST, m.sort_name, m.code
 LIMIT $2 OFFSET $3

-- name: themes
SELECT theme_id, name_nl, name_en, certainty, count(*) OVER () AS total FROM theme ORDER BY fold(name_nl) LIMIT $1 OFFSET $2

-- name: fieldlab
SELECT * FROM fieldlab_shown WHERE fieldlab_id = $1

-- name: list_fieldlabs
SELECT *, count(*) OVER () AS total
  FROM fieldlab_shown
 WHERE $1::text IS NULL OR $1 = ANY(regions)
 ORDER BY fold(name), fieldlab_id
 LIMIT $2 OFFSET $3

-- name: search_fieldlabs
SELECT shown.*, count(*) OVER () AS total
  FROM fieldlab found
  JOIN fieldlab_shown shown USING (fieldlab_id)
 WHERE found.document @@ $2::text::tsquery
   AND ($1::text IS NULL OR $1 = ANY(shown.regions))
 ORDER BY ts_rank(found.document, $3::text::tsquery) DESC, ts_rank(found.document, $2::text::tsquery) DESC, fold(shown.name)
 LIMIT $4 OFFSET $5

-- name: course
-- Whoever may not see it gets nothing, as for one that does not exist.
SELECT * FROM course_shown WHERE course_id = $1 AND (state = 'published' OR fieldlab_id = ANY($2::text[]))

-- name: list_courses
-- Those with the next session first.
SELECT shown.*, fit.coming, fit.next_session, count(*) OVER () AS total
  FROM course_shown shown, coming_sessions(shown.course_id, $1, $7, $8, $9) fit
 WHERE (shown.state = 'published' OR shown.fieldlab_id = ANY($2::text[]))
   AND ($3::text IS NULL OR shown.fieldlab_id = $3)
   AND ($4::text IS NULL OR $4 = ANY(shown.regions))
   AND ($5::text IS NULL OR shown.theme = $5)
   AND ($6::text IS NULL OR shown.state = $6)
   AND (fit.coming > 0 OR $7::date IS NULL AND $8::date IS NULL AND NOT $9::boolean)
 ORDER BY fit.next_start NULLS LAST, fold(shown.title_nl), shown.course_id
 LIMIT $10 OFFSET $11

-- name: search_courses
-- The same, of the courses that the words are found in; those with the very words first.
SELECT shown.*, fit.coming, fit.next_session, count(*) OVER () AS total
  FROM course found
  JOIN course_shown shown USING (course_id), coming_sessions(shown.course_id, $1, $7, $8, $9) fit
 WHERE found.document @@ $10::text::tsquery
   AND (shown.state = 'published' OR shown.fieldlab_id = ANY($2::text[]))
   AND ($3::text IS NULL OR shown.fieldlab_id = $3)
   AND ($4::text IS NULL OR $4 = ANY(shown.regions))
   AND ($5::text IS NULL OR shown.theme = $5)
   AND ($6::text IS NULL OR shown.state = $6)
   AND (fit.coming > 0 OR $7::date IS NULL AND $8::date IS NULL AND NOT $9::boolean)
 ORDER BY ts_rank(found.document, $11::text::tsquery) DESC, ts_rank(found.document, $10::text::tsquery) DESC,
          fit.next_start NULLS LAST, fold(shown.title_nl), shown.course_id
 LIMIT $12 OFFSET $13

-- name: sessions
-- In the order in which they are asked for; ids that do not exist are left out.
SELECT shown.*, o.opens_at, o.draw_at, coalesce(o.waiting_room, false) AS waiting_room,
       session_state(opened AND (opened IS NULL OR coalesce(o.opens_at <= $2, true)), closes_at, starts_at, ends_at, $2) AS state
  FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (session_id, nr)
  JOIN session_shown shown USING (session_id)
  LEFT JOIN session_opening o USING (session_id)
 ORDER BY asked.nr

-- name: sessions_of_course
-- Those that are not over yet, the next one first.
SELECT shown.*, o.opens_at, o.draw_at, coalesce(o.waiting_room, false) AS waiting_room,
       session_state(opened AND (opened IS NULL OR coalesce(o.opens_at <= $2, true)), closes_at, starts_at, ends_at, $2) AS state
  FROM session_shown shown
  LEFT JOIN session_opening o USING (session_id)
 WHERE course_id = $1 AND ends_at > $2
 ORDER BY starts_at, session_id

-- name: words
-- For each word what it is stemmed to; nothing for one that means nothing by itself.
SELECT word, ts_lexize('dutch_stem', word) AS nl, ts_lexize('english_stem', word) AS en FROM unnest($1::text[]) AS word

-- name: course_vocabulary
SELECT word FROM ts_stat('SELECT document FROM course WHERE state = ''published''')

-- name: fieldlab_vocabulary
SELECT word FROM ts_stat('SELECT document FROM fieldlab')

-- name: lock_key
-- Until the transaction ends, nobody else answers the same request.
SELECT pg_advisory_xact_lock(hashtextextended($1, 0))

-- name: theme_ids
SELECT theme_id FROM theme

-- name: fieldlab_ids
SELECT fieldlab_id FROM fieldlab WHERE fieldlab_id = ANY($1::text[])

-- name: lock_course
-- Its texts stay as they are until the transaction ends: a session is announced with what its course says.
SELECT * FROM course WHERE course_id = $1 FOR SHARE

-- name: lock_course_to_change
SELECT * FROM course WHERE course_id = $1 FOR UPDATE

-- name: lock_session_to_change
SELECT * FROM session WHERE session_id = $1 FOR UPDATE

-- name: opens_last
-- The last moment at which something is to happen before a session takes people.
SELECT greatest(opens_at, draw_at) FROM session_opening WHERE session_id = $1

-- name: has_sessions
SELECT EXISTS (SELECT FROM session WHERE course_id = $1)

-- name: add_courses
INSERT INTO course (course_id, fieldlab_id, theme, title_nl, title_en, description_nl, description_en, hours, level,
                    mode_of_delivery, skill_label, skill_uri, state, sample, required_course, statement_nl, statement_en)
SELECT *
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::int[],
              $10::text[], $11::text[], $12::text[], $13::text[], $14::boolean[], $15::uuid[], $16::text[], $17::text[])
    ON CONFLICT (course_id) DO NOTHING
RETURNING course_id

-- name: change_course
UPDATE course
   SET theme = $2, title_nl = $3, title_en = $4, description_nl = $5, description_en = $6, hours = $7, level = $8,
       mode_of_delivery = $9, state = $10, required_course = $11, statement_nl = $12, statement_en = $13
 WHERE course_id = $1

-- name: index_courses
UPDATE course
   SET document = setweight(words_of_texts(shown.title_nl, shown.title_en), 'A')
               || setweight(words_of_texts(shown.theme_nl, shown.theme_en), 'B')
               || setweight(words_of_names(shown.fieldlab_name, shown.place, shown.municipality_name,
                                           array_to_string(shown.also_known_as, ' ; ')), 'B')
               || setweight(words_of_names(shown.province_name, shown.labour_market_region_name), 'C')
               || setweight(words_of_texts(shown.topic_nl, shown.topic_en), 'C')
               || setweight(words_of_texts(NULL, shown.skill_label), 'C')
               || setweight(words_of_texts(shown.description_nl, shown.description_en), 'D')
  FROM course_shown shown
 WHERE shown.course_id = course.course_id AND course.course_id = ANY($1::uuid[])

-- name: add_sessions
INSERT INTO session (session_id, course_id, starts_at, ends_at, location, description_nl, description_en, capacity, closes_at,
                     minimum, needs_approval, offer_hours, approval_hours, holds_seat, decide_at, reserved)
SELECT *
  FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::int[],
              $9::timestamptz[], $10::int[], $11::boolean[], $12::int[], $13::int[], $14::boolean[], $15::timestamptz[],
              $16::jsonb[])
    ON CONFLICT (session_id) DO NOTHING
RETURNING session_id

-- name: add_openings
INSERT INTO session_opening (session_id, opens_at, draw_at, waiting_room)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::boolean[])
    ON CONFLICT (session_id) DO NOTHING

-- name: change_session
UPDATE session
   SET starts_at = $2, ends_at = $3, location = $4, description_nl = $5, description_en = $6
 WHERE session_id = $1

-- name: announced
-- What the first fact about each session says; in id order.
SELECT shown.*, s.capacity AS asked_capacity, s.closes_at AS asked_closes_at, s.reserved AS asked_reserved, o.opens_at,
       o.draw_at, coalesce(o.waiting_room, false) AS waiting_room
  FROM session_shown shown
  JOIN session s USING (session_id)
  LEFT JOIN session_opening o USING (session_id)
 WHERE shown.session_id = ANY($1::uuid[])
 ORDER BY shown.session_id

-- name: next_revision
-- Locked in id order, so that two changes at once take turns.
UPDATE session
   SET revision = session.revision + 1
  FROM (SELECT session_id FROM session WHERE session_id = ANY($1::uuid[]) ORDER BY session_id FOR UPDATE) AS locked
 WHERE session.session_id = locked.session_id

-- name: not_over
-- The sessions of these courses that have not ended.
SELECT session_id FROM session WHERE course_id = ANY($1::uuid[]) AND ends_at > $2

-- name: learn_seats
-- The newest of what the desk said, per session; what is older than what is known changes nothing.
INSERT INTO availability AS known (session_id, revision, capacity, seats_left, waiting, reserved_left)
SELECT DISTINCT ON (session_id) session_id, revision, capacity, seats_left, waiting, reserved_left
  FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::jsonb[])
    AS fact (session_id, revision, capacity, seats_left, waiting, reserved_left)
 ORDER BY session_id, revision DESC
    ON CONFLICT (session_id) DO UPDATE
   SET revision = excluded.revision, capacity = excluded.capacity, seats_left = excluded.seats_left, waiting = excluded.waiting,
       reserved_left = coalesce(excluded.reserved_left, known.reserved_left)
 WHERE excluded.revision > known.revision

-- name: learn_cancelled
-- For good, so it does not matter what else is told, or when.
UPDATE availability SET cancelled = true WHERE session_id = ANY($1::uuid[])

-- name: learn_goes_on
-- For good too.
UPDATE availability SET goes_on = true WHERE session_id = ANY($1::uuid[])

-- name: learn_rules
-- Beside the seats, with a revision of its own: few facts tell them, and a late one may still be the newest.
UPDATE availability AS known
   SET closes_revision = fact.revision, closes_at = fact.closes_at, offer_hours = fact.offer_hours,
       needs_approval = fact.needs_approval, approval_hours = fact.approval_hours, holds_seat = fact.holds_seat,
       minimum = fact.minimum, decide_at = fact.decide_at, reserved = fact.reserved
  FROM (SELECT DISTINCT ON (session_id) *
          FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::int[], $5::boolean[], $6::int[], $7::boolean[], $8::int[],
                      $9::timestamptz[], $10::jsonb[])
            AS given (session_id, revision, closes_at, offer_hours, needs_approval, approval_hours, holds_seat, minimum, decide_at,
                      reserved)
         ORDER BY session_id, revision DESC) AS fact
 WHERE known.session_id = fact.session_id AND fact.revision > known.closes_revision
