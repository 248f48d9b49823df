-- Somebody would hand the seat of an enrollment over to a colleague, who did not answer yet. Only who signs in with that address, or
-- is that person, sees it, so that the mail holds no secret. Whatever was answered, withdrawn or ran out is not kept.
CREATE TABLE transfer (
    transfer_id   uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    enrollment_id uuid        NOT NULL,
    session_id    uuid        NOT NULL,
    from_person   uuid        NOT NULL REFERENCES person ON DELETE CASCADE,
    from_name     text        NOT NULL,  -- as it was then, so that no more of that person has to be seen
    to_person     uuid,                  -- of whom it is not told whether there is such a person
    to_email      text,
    language      text        NOT NULL,
    offered_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    accepted_by   uuid,                  -- from then on it is the desk that decides; nobody takes it back
    told          jsonb       NOT NULL DEFAULT '{}',  -- what whoever said yes told with it, until the desk has it
    CONSTRAINT transfer_is_to_somebody CHECK ((to_person IS NULL) <> (to_email IS NULL)),
    CONSTRAINT transfer_is_pending_once UNIQUE (enrollment_id),
    CONSTRAINT nothing_is_told_before_a_yes CHECK (accepted_by IS NOT NULL OR told = '{}')
);
CREATE INDEX transfer_by_holder ON transfer (from_person);
CREATE INDEX transfer_by_person ON transfer (to_person);
CREATE INDEX transfer_by_address ON transfer (lower(to_email));

GRANT SELECT ON transfer TO skillslab_reader;
ALTER TABLE transfer ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_see_what_they_hand_over ON transfer FOR SELECT TO skillslab_reader
    USING (from_person = (SELECT asking_person()));
CREATE POLICY people_see_what_is_offered_to_them ON transfer FOR SELECT TO skillslab_reader
    USING (to_person = (SELECT asking_person())
           OR lower(to_email) = (SELECT lower(email) FROM person WHERE person_id = asking_person()));
