-- How sessions are described, learned from the catalogue: a mail needs no call to it.
CREATE TABLE session (
    session_id    uuid        PRIMARY KEY,
    revision      integer     NOT NULL,
    fieldlab_name text        NOT NULL,
    title_nl      text        NOT NULL,
    title_en      text        NOT NULL,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    location      text        NOT NULL,
    sample        boolean     NOT NULL
);

-- The ledger: what is to be told, or was, and to whom; ids and numbers only. It is kept for good, longer than the inbox, so that
-- facts which come again (a replay, a restored broker) tell nobody anything twice.
CREATE TABLE delivery (
    delivery_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id    uuid        NOT NULL,  -- left of the @ in every copy's Message-ID; follows from the next three
    fact_id       uuid        NOT NULL,
    recipient_id  uuid        NOT NULL,  -- a person, or for the sign-in mail the sign-in
    template      text        NOT NULL,
    subject       text        NOT NULL,  -- what the fact is about: mails about one enrollment keep the order of its revisions
    revision      integer     NOT NULL,
    logged_at     timestamptz NOT NULL,  -- when the publisher logged the fact
    session_id    uuid,
    enrollment_id uuid,
    position      integer,               -- the place in the queue at that moment
    state         text        NOT NULL,
    copies        integer     NOT NULL DEFAULT 0,  -- how often the mail went out, or may have
    attempts      integer     NOT NULL DEFAULT 0,  -- how often the mail server refused it
    reason        text,                  -- what the mail server said last, without the address
    queued_at     timestamptz NOT NULL DEFAULT now(),
    due_at        timestamptz NOT NULL DEFAULT now(),
    lease         uuid,                  -- which batch of which process has it in hand
    leased_until  timestamptz NOT NULL DEFAULT '-infinity',
    finished_at   timestamptz,
    CONSTRAINT everybody_is_told_once UNIQUE (fact_id, recipient_id, template),
    CONSTRAINT at_most_two_copies CHECK (copies BETWEEN 0 AND 2),
    CONSTRAINT delivery_state_is_known
        CHECK (state IN ('due', 'sending', 'sent', 'unknown', 'no_recipient', 'stale', 'failed')),
    CONSTRAINT finished_follows_from_state
        CHECK ((finished_at IS NULL) = (state IN ('due', 'sending') OR (state = 'unknown' AND copies < 2))),
    CONSTRAINT copies_fit_the_state
        CHECK (CASE WHEN state IN ('sending', 'sent', 'unknown') THEN copies > 0 WHEN state IN ('due', 'stale') THEN copies = 0
                    ELSE copies < 2 END),
    CONSTRAINT template_is_known
        CHECK (template IN ('confirmed', 'confirmed-from-waiting-list', 'waitlisted', 'cancelled', 'sign-in')),
    CONSTRAINT mails_about_a_session_name_it
        CHECK ((template = 'sign-in') = (session_id IS NULL) AND (template = 'sign-in') = (enrollment_id IS NULL)),
    CONSTRAINT position_is_for_who_waits CHECK ((template = 'waitlisted') = (position IS NOT NULL)),
    CONSTRAINT failed_says_why CHECK (state <> 'failed' OR reason IS NOT NULL)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
        autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 500);
-- Somebody sits and waits for a sign-in link: it goes before everything else.
CREATE INDEX delivery_in_turn ON delivery ((template <> 'sign-in'), due_at, delivery_id) WHERE finished_at IS NULL;
CREATE INDEX delivery_in_order ON delivery (subject, revision) WHERE finished_at IS NULL;
