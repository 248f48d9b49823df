-- name: take_turn
-- One process at a time loads; the others find that there is nothing left to do.
SELECT pg_advisory_xact_lock(hashtext('catalog reference data'))

-- name: newest_date
SELECT max(reference_date) FROM municipality

-- name: is_loaded
SELECT EXISTS (SELECT FROM municipality) AND EXISTS (SELECT FROM fieldlab) AND EXISTS (SELECT FROM theme)

-- name: save_regions
INSERT INTO region AS known (code, reference_date, kind, name_nl, name_en, svg_maps_id, certainty, note_nl, note_en)
SELECT *
  FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
    ON CONFLICT (code, reference_date) DO UPDATE
   SET kind = excluded.kind, name_nl = excluded.name_nl, name_en = excluded.name_en, svg_maps_id = excluded.svg_maps_id,
       certainty = excluded.certainty, note_nl = excluded.note_nl, note_en = excluded.note_en
 WHERE (known.*) IS DISTINCT FROM (excluded.*)

-- name: save_municipalities
-- Returns those that are new or not as they were, with the revision of the fact that says so.
INSERT INTO municipality AS known (code, reference_date, name, also_known_as, province, labour_market_region, landsdeel, hub,
                                   revision)
SELECT given.code, given.reference_date, given.name, string_to_array(given.also_known_as, ';'), given.province,
       given.labour_market_region, given.landsdeel, given.hub,
       1 + coalesce((SELECT max(m.revision) FROM municipality m WHERE m.code = given.code), 0)
  FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS given (code, reference_date, name, also_known_as, province, labour_market_region, landsdeel, hub)
 ORDER BY given.code
    ON CONFLICT (code, reference_date) DO UPDATE
   SET name = excluded.name, also_known_as = excluded.also_known_as, province = excluded.province,
       labour_market_region = excluded.labour_market_region, landsdeel = excluded.landsdeel, hub = excluded.hub,
       revision = excluded.revision
 WHERE (known.name, known.also_known_as, known.province, known.labour_market_region, known.landsdeel, known.hub)
       IS DISTINCT FROM
       (excluded.name, excluded.also_known_as, excluded.province, excluded.labour_market_region, excluded.landsdeel, excluded.hub)
RETURNING code, revision

-- name: save_themes
INSERT INTO theme AS known (theme_id, name_nl, name_en, certainty)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    ON CONFLICT (theme_id) DO UPDATE
   SET name_nl = excluded.name_nl, name_en = excluded.name_en, certainty = excluded.certainty
 WHERE (known.*) IS DISTINCT FROM (excluded.*)
RETURNING theme_id

-- name: save_fieldlabs
INSERT INTO fieldlab AS known (fieldlab_id, name, kind, scope, topic_nl, topic_en, place, municipality, municipality_certainty,
                               skillslab_evidence, skillslab_note_nl, skillslab_note_en, certainty, note_nl, note_en, source)
SELECT *
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
              $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[])
    ON CONFLICT (fieldlab_id) DO UPDATE
   SET name = excluded.name, kind = excluded.kind, scope = excluded.scope, topic_nl = excluded.topic_nl,
       topic_en = excluded.topic_en, place = excluded.place, municipality = excluded.municipality,
       municipality_certainty = excluded.municipality_certainty, skillslab_evidence = excluded.skillslab_evidence,
       skillslab_note_nl = excluded.skillslab_note_nl, skillslab_note_en = excluded.skillslab_note_en,
       certainty = excluded.certainty, note_nl = excluded.note_nl, note_en = excluded.note_en, source = excluded.source
 WHERE (known.name, known.kind, known.scope, known.topic_nl, known.topic_en, known.place, known.municipality,
        known.municipality_certainty, known.skillslab_evidence, known.skillslab_note_nl, known.skillslab_note_en,
        known.certainty, known.note_nl, known.note_en, known.source)
       IS DISTINCT FROM
       (excluded.name, excluded.kind, excluded.scope, excluded.topic_nl, excluded.topic_en, excluded.place, excluded.municipality,
        excluded.municipality_certainty, excluded.skillslab_evidence, excluded.skillslab_note_nl, excluded.skillslab_note_en,
        excluded.certainty, excluded.note_nl, excluded.note_en, excluded.source)
RETURNING fieldlab_id

-- name: index_fieldlabs
UPDATE fieldlab
   SET document = setweight(words_of_names(shown.name), 'A')
               || setweight(words_of_names(shown.place, shown.municipality_name, array_to_string(shown.also_known_as, ' ; ')), 'B')
               || setweight(words_of_names(shown.province_name, shown.labour_market_region_name), 'C')
               || setweight(words_of_texts(shown.topic_nl, shown.topic_en), 'C')
  FROM fieldlab_shown shown
 WHERE shown.fieldlab_id = fieldlab.fieldlab_id

-- name: places
-- Every municipality as it lies now.
SELECT code, name, province, labour_market_region, landsdeel, hub, reference_date FROM municipality_now

-- name: course_ids
SELECT course_id FROM course
