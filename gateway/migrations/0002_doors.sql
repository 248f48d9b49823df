-- A link signs in the browser that asked for it; elsewhere the mail has a code to be typed there. Links that were under way are
-- let go: whoever asked asks again.
DELETE FROM sign_in;
ALTER TABLE sign_in
    ADD COLUMN browser_hash bytea    NOT NULL,
    ADD COLUMN tries        integer  NOT NULL DEFAULT 0,
    ADD CONSTRAINT tries_run_out CHECK (tries BETWEEN 0 AND 5);
CREATE INDEX sign_in_by_browser ON sign_in (browser_hash);

-- A contact person of an employer is a role of its own: it sees the employer's staff, and invites nobody.
ALTER TABLE role
    DROP CONSTRAINT role_is_known,
    ADD CONSTRAINT role_is_known CHECK (name IN ('employer', 'employer-contact', 'organiser', 'region', 'operator')),
    ADD COLUMN granted_by uuid REFERENCES person ON DELETE SET NULL,
    ADD COLUMN chosen_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX role_by_scope ON role (name, scope);

-- Employers have a name; all else about them comes when they register staff.
CREATE TABLE employer (
    employer_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text NOT NULL,
    CONSTRAINT employer_name_has_a_length CHECK (length(name) BETWEEN 1 AND 200)
);
CREATE UNIQUE INDEX employer_name_is_one_employers ON employer (lower(name));

-- Somebody is asked by mail to take a role. Only who signs in with that address sees it, so that the mail holds no secret.
CREATE TABLE invitation (
    invitation_id uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    email         text        NOT NULL,
    language      text        NOT NULL,
    role          text        NOT NULL,
    scope         text        NOT NULL,
    scope_name    text        NOT NULL,  -- as the inviter saw it, for the mail
    invited_by    uuid        REFERENCES person ON DELETE SET NULL,
    invited_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    CONSTRAINT invitation_role_is_known CHECK (role IN ('employer', 'employer-contact', 'organiser', 'region', 'operator')),
    CONSTRAINT invitation_has_its_scope CHECK ((role = 'operator') = (scope = ''))
);
CREATE UNIQUE INDEX invited_once ON invitation (lower(email), role, scope);
CREATE INDEX invitation_by_scope ON invitation (role, scope);
CREATE INDEX invitation_by_inviter ON invitation (invited_by, invited_at);

-- What somebody is on this browser, beside a worker; the role itself stays the truth, so that a withdrawn one ends at once.
ALTER TABLE web_session
    ADD COLUMN session_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    ADD COLUMN browser    text NOT NULL DEFAULT '',
    ADD COLUMN seen_on    date NOT NULL DEFAULT current_date,
    ADD COLUMN role       text NOT NULL DEFAULT 'worker',
    ADD COLUMN scope      text NOT NULL DEFAULT '';

ALTER TABLE token
    ADD COLUMN token_id    uuid        NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    ADD COLUMN name        text        NOT NULL DEFAULT '',
    ADD COLUMN can_write   boolean     NOT NULL DEFAULT true,
    ADD COLUMN made_at     timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN last_used_on date,
    ADD CONSTRAINT token_name_has_a_length CHECK (length(name) <= 100);

-- When somebody was last here: who stays away for two years is let go.
ALTER TABLE person ADD COLUMN seen_on date NOT NULL DEFAULT current_date;
