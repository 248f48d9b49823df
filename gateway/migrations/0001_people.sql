-- The only tables of the platform with personal data: name and address of a person, and the address that asked to sign in.

CREATE TABLE person (
    person_id  uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    email      text        NOT NULL,
    name       text        NOT NULL DEFAULT '',
    language   text        NOT NULL DEFAULT 'nl',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT language_is_spoken_here CHECK (language IN ('nl', 'en')),
    CONSTRAINT email_is_an_address CHECK (email LIKE '%_@_%' AND length(email) <= 254),
    CONSTRAINT name_has_a_length CHECK (length(name) <= 200)
);
CREATE UNIQUE INDEX email_is_one_persons ON person (lower(email));

-- What a person may be beside a worker, which everybody is. The scope is a fieldlab, an employer or a region.
CREATE TABLE role (
    person_id  uuid        NOT NULL REFERENCES person ON DELETE CASCADE,
    name       text        NOT NULL,
    scope      text        NOT NULL DEFAULT '',
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, name, scope),
    CONSTRAINT role_is_known CHECK (name IN ('employer', 'organiser', 'region', 'operator')),
    CONSTRAINT role_has_its_scope CHECK ((name = 'operator') = (scope = ''))
);

-- Bearer tokens for programs: one person in one role. Only a hash is kept.
CREATE TABLE token (
    token_hash bytea       PRIMARY KEY,
    person_id  uuid        NOT NULL REFERENCES person ON DELETE CASCADE,
    role       text        NOT NULL,
    scope      text        NOT NULL DEFAULT '',
    expires_at timestamptz NOT NULL
);
CREATE INDEX token_by_person ON token (person_id);

-- Requests for a sign-in link. The link follows from the id and a key; what is kept is a hash of its secret part.
CREATE TABLE sign_in (
    sign_in_id   uuid        PRIMARY KEY,
    email        text        NOT NULL,
    language     text        NOT NULL,
    secret_hash  bytea       NOT NULL,
    next_page    text        NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz
);
CREATE INDEX sign_in_by_email ON sign_in (lower(email), requested_at);

-- Who is signed in, on which browser. Only a hash of the cookie is kept; deleting the row ends it at once.
CREATE TABLE web_session (
    session_hash bytea       PRIMARY KEY,
    person_id    uuid        NOT NULL REFERENCES person ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX web_session_by_person ON web_session (person_id);
