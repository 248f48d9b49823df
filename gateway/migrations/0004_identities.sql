-- An account at an identity provider, and whose it is here. Issuer and subject together name it; a mail address never does.
CREATE TABLE identity (
    issuer       text        NOT NULL,
    subject      text        NOT NULL,
    person_id    uuid        NOT NULL REFERENCES person ON DELETE CASCADE,
    identity_id  uuid        NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    connected_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject),
    CONSTRAINT subject_has_a_length CHECK (length(subject) BETWEEN 1 AND 255)
);
CREATE INDEX identity_by_person ON identity (person_id);

-- Who was sent to a provider and has not come back. Only hashes are kept of what the browser brings along; the nonce and the
-- verifier are there to be compared with, and sent.
CREATE TABLE provider_visit (
    state_hash   bytea       PRIMARY KEY,
    browser_hash bytea       NOT NULL,
    provider     text        NOT NULL,
    nonce        text        NOT NULL,
    verifier     text        NOT NULL,
    purpose      text        NOT NULL,
    person_id    uuid        REFERENCES person ON DELETE CASCADE,
    next_page    text        NOT NULL,
    expires_at   timestamptz NOT NULL,
    CONSTRAINT purpose_is_known CHECK (purpose IN ('sign-in', 'connect')),
    CONSTRAINT who_connects_is_known CHECK ((purpose = 'connect') = (person_id IS NOT NULL))
);
CREATE INDEX provider_visit_by_person ON provider_visit (person_id);

GRANT SELECT ON identity TO skillslab_reader;
ALTER TABLE identity ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_see_their_own_identities ON identity FOR SELECT TO skillslab_reader
    USING (person_id = (SELECT asking_person()));
