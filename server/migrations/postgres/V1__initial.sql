-- Everything, as PostgreSQL has it: the tables of ../directory and ../studio, which say what each is for.
--
-- A studio's tables are shared by all studios, the studio's id first in every key: so row-level security finds its rows
-- by index, and the tables can be sharded by studio. No statement names the studio: the transaction does.
-- Ids compare bytewise (COLLATE "C"), as SQLite's do.

-- ── Who may sign in ─────────────────────────────────────────────────────────────────────────────────────────────────

GRANT USAGE ON SCHEMA directory TO frontdesk_directory;
GRANT SELECT ON directory.schema_history TO frontdesk_directory;

CREATE TABLE directory.registered_studio (
    id           text COLLATE "C" NOT NULL PRIMARY KEY,
    created_at   bigint NOT NULL,
    member_acts  bigint NOT NULL DEFAULT 0
);

CREATE TABLE directory.account (
    id             text COLLATE "C" NOT NULL PRIMARY KEY,
    email_folded   text NOT NULL UNIQUE,
    password_hash  text NOT NULL,
    created_at     bigint NOT NULL
);

CREATE TABLE directory.membership (
    member_id   text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id  text COLLATE "C" NOT NULL REFERENCES directory.account (id),
    studio_id   text COLLATE "C" NOT NULL REFERENCES directory.registered_studio (id),
    role        text NOT NULL,
    joined_at   bigint NOT NULL,
    removed_at  bigint,
    UNIQUE (account_id, studio_id)
);

CREATE INDEX membership_by_studio ON directory.membership (studio_id);

CREATE TABLE directory.invitation (
    id             text COLLATE "C" NOT NULL PRIMARY KEY,
    studio_id      text COLLATE "C" NOT NULL REFERENCES directory.registered_studio (id),
    email          text NOT NULL,
    email_folded   text NOT NULL,
    role           text NOT NULL,
    invited_by     text COLLATE "C" NOT NULL REFERENCES directory.membership (member_id),
    token_hash     text COLLATE "C" NOT NULL UNIQUE,
    created_at     bigint NOT NULL,
    renewed_at     bigint NOT NULL,
    expires_at     bigint NOT NULL,
    ended_at       bigint,
    ended_because  text
);

CREATE UNIQUE INDEX invitation_open ON directory.invitation (studio_id, email_folded) WHERE ended_at IS NULL;
CREATE INDEX invitation_by_expiry ON directory.invitation (expires_at);

CREATE TABLE directory.mail (
    id             text COLLATE "C" NOT NULL PRIMARY KEY,
    invitation_id  text COLLATE "C" NOT NULL REFERENCES directory.invitation (id),
    created_at     bigint NOT NULL,
    due_at         bigint,
    attempts       bigint NOT NULL,
    problem        text,
    sent_at        bigint
);

CREATE INDEX mail_by_due ON directory.mail (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_by_invitation ON directory.mail (invitation_id, created_at);

CREATE TABLE directory.member_act (
    id         text COLLATE "C" NOT NULL PRIMARY KEY,
    studio_id  text COLLATE "C" NOT NULL REFERENCES directory.registered_studio (id),
    number     bigint NOT NULL,
    at         bigint NOT NULL,
    action     text NOT NULL,
    actor_id   text NOT NULL,
    device_id  text NOT NULL,
    detail     text NOT NULL,
    effect     text NOT NULL,
    UNIQUE (studio_id, number)
);

CREATE TABLE directory.device (
    id             text COLLATE "C" NOT NULL PRIMARY KEY,
    member_id      text COLLATE "C" NOT NULL REFERENCES directory.membership (member_id),
    name           text NOT NULL,
    os             text NOT NULL,
    app_version    text NOT NULL,
    signed_in_at   bigint NOT NULL,
    signed_in_ip   text NOT NULL,
    last_seen_at   bigint NOT NULL,
    last_seen_ip   text NOT NULL,
    over_at        bigint NOT NULL,
    session_form   text NOT NULL,
    ended_because  text
);

CREATE INDEX device_by_member ON directory.device (member_id, last_seen_at);
CREATE INDEX device_by_end ON directory.device (over_at);

CREATE TABLE directory.past_device (
    id         text COLLATE "C" NOT NULL PRIMARY KEY,
    member_id  text COLLATE "C" NOT NULL REFERENCES directory.membership (member_id),
    was_ended  bigint NOT NULL CHECK (was_ended IN (0, 1))
);

CREATE INDEX past_device_by_member ON directory.past_device (member_id, was_ended);

CREATE TABLE directory.refresh_token (
    hash       text COLLATE "C" NOT NULL PRIMARY KEY,
    device_id  text COLLATE "C" NOT NULL REFERENCES directory.device (id),
    issued_at  bigint NOT NULL,
    used_at    bigint
);

CREATE INDEX refresh_token_by_device ON directory.refresh_token (device_id, used_at);

CREATE TABLE directory.token_key (
    id          bigint NOT NULL PRIMARY KEY,
    sealed      text NOT NULL,
    created_at  bigint NOT NULL,
    use_from    bigint NOT NULL
);

-- Data keys, each sealed once for every secret that opens it: two while operators replace theirs. SQLite has no such
-- table: there they open the file that it would be in, and are in keys.json beside it.
CREATE TABLE directory.data_key (
    generation  bigint NOT NULL,
    -- Fingerprint of the secret.
    secret      text COLLATE "C" NOT NULL,
    sealed      text NOT NULL,
    sealed_at   bigint NOT NULL,
    PRIMARY KEY (generation, secret)
);

GRANT SELECT, INSERT ON directory.account TO frontdesk_directory;
GRANT SELECT, INSERT, UPDATE ON directory.registered_studio, directory.membership, directory.past_device TO frontdesk_directory;
GRANT SELECT, INSERT, UPDATE, DELETE ON directory.device, directory.refresh_token, directory.invitation, directory.mail,
    directory.token_key, directory.data_key TO frontdesk_directory;
GRANT SELECT, INSERT, DELETE ON directory.member_act TO frontdesk_directory;

-- For the tables here that name a studio. They are asked before any studio is, so all of each is in sight then; from
-- within a studio's transaction, should a grant ever let it, only that studio's.
CREATE FUNCTION directory.protect(one regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', one);
    EXECUTE format(
        'CREATE POLICY in_sight ON %s AS PERMISSIVE TO frontdesk_directory USING (true) WITH CHECK (true)', one);
    EXECUTE format(
        'CREATE POLICY own_studio ON %s AS RESTRICTIVE
             USING (studio_id = COALESCE(NULLIF(current_setting(''app.studio'', true), ''''), studio_id))
             WITH CHECK (studio_id = COALESCE(NULLIF(current_setting(''app.studio'', true), ''''), studio_id))',
        one);
END
$$;
REVOKE EXECUTE ON FUNCTION directory.protect FROM PUBLIC;

SELECT directory.protect('directory.membership'), directory.protect('directory.invitation'),
       directory.protect('directory.member_act');

-- ── A studio's rows ─────────────────────────────────────────────────────────────────────────────────────────────────

CREATE SCHEMA studio;
GRANT USAGE ON SCHEMA studio TO frontdesk_studio;

CREATE TABLE studio.change_counter (
    studio_id  text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    only_row   bigint NOT NULL CHECK (only_row = 1),
    seq        bigint NOT NULL,
    epoch      text NOT NULL,
    PRIMARY KEY (studio_id, only_row)
);

CREATE TABLE studio.studio (
    studio_id     text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id            text COLLATE "C" NOT NULL CHECK (id = studio_id),
    name          text NOT NULL,
    brand_colour  text NOT NULL,
    time_zone     text NOT NULL,
    currency      text NOT NULL,
    seq           bigint NOT NULL,
    PRIMARY KEY (studio_id, id)
);

CREATE TABLE studio.member (
    studio_id  text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id         text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    email      text NOT NULL,
    role       text NOT NULL,
    is_former  bigint NOT NULL DEFAULT 0,
    seq        bigint NOT NULL,
    PRIMARY KEY (studio_id, id),
    UNIQUE (studio_id, seq)
);

CREATE TABLE studio.stage (
    studio_id  text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id         text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    position   bigint NOT NULL,
    colour     text NOT NULL,
    outcome    text NOT NULL,
    seq        bigint NOT NULL,
    PRIMARY KEY (studio_id, id),
    UNIQUE (studio_id, seq)
);

CREATE TABLE studio.lead (
    studio_id         text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id                text COLLATE "C" NOT NULL,
    name              text NOT NULL,
    email             text,
    phone             text,
    stage_id          text COLLATE "C" NOT NULL,
    owner_id          text COLLATE "C",
    source            text NOT NULL,
    campaign          text,
    tags              text NOT NULL,
    notes             text NOT NULL,
    value_minor       bigint,
    state             text NOT NULL,
    first_touch       text NOT NULL,
    last_touch        text NOT NULL,
    created_at        bigint NOT NULL,
    updated_at        bigint NOT NULL,
    last_activity_at  bigint NOT NULL,
    seq               bigint NOT NULL,
    PRIMARY KEY (studio_id, id),
    UNIQUE (studio_id, seq),
    FOREIGN KEY (studio_id, stage_id) REFERENCES studio.stage (studio_id, id),
    FOREIGN KEY (studio_id, owner_id) REFERENCES studio.member (studio_id, id)
);

CREATE INDEX lead_by_activity ON studio.lead (studio_id, last_activity_at, id);

CREATE TABLE studio.conversation (
    studio_id          text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id                 text COLLATE "C" NOT NULL,
    lead_id            text COLLATE "C" NOT NULL,
    channel            text NOT NULL,
    status             text NOT NULL,
    assignee_id        text COLLATE "C",
    preview            text NOT NULL,
    preview_direction  text NOT NULL,
    last_message_at    bigint NOT NULL,
    unread_count       bigint NOT NULL,
    seq                bigint NOT NULL,
    PRIMARY KEY (studio_id, id),
    UNIQUE (studio_id, seq),
    FOREIGN KEY (studio_id, lead_id) REFERENCES studio.lead (studio_id, id),
    FOREIGN KEY (studio_id, assignee_id) REFERENCES studio.member (studio_id, id)
);

CREATE INDEX conversation_by_lead ON studio.conversation (studio_id, lead_id, id);

CREATE TABLE studio.message (
    studio_id        text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id               text COLLATE "C" NOT NULL,
    conversation_id  text COLLATE "C" NOT NULL,
    lead_id          text COLLATE "C" NOT NULL,
    direction        text NOT NULL,
    author_id        text COLLATE "C",
    body             text NOT NULL,
    status           text NOT NULL,
    failure_reason   text,
    sent_at          bigint NOT NULL,
    seq              bigint NOT NULL,
    PRIMARY KEY (studio_id, id),
    UNIQUE (studio_id, seq),
    FOREIGN KEY (studio_id, conversation_id) REFERENCES studio.conversation (studio_id, id),
    FOREIGN KEY (studio_id, author_id) REFERENCES studio.member (studio_id, id)
);

CREATE INDEX message_by_time ON studio.message (studio_id, sent_at, id);
CREATE INDEX message_by_conversation ON studio.message (studio_id, conversation_id);

CREATE TABLE studio.stage_event (
    studio_id      text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id             text COLLATE "C" NOT NULL,
    lead_id        text COLLATE "C" NOT NULL,
    from_stage_id  text COLLATE "C",
    to_stage_id    text COLLATE "C" NOT NULL,
    member_id      text COLLATE "C",
    at             bigint NOT NULL,
    seq            bigint NOT NULL,
    PRIMARY KEY (studio_id, id),
    UNIQUE (studio_id, seq),
    FOREIGN KEY (studio_id, lead_id) REFERENCES studio.lead (studio_id, id),
    FOREIGN KEY (studio_id, from_stage_id) REFERENCES studio.stage (studio_id, id),
    FOREIGN KEY (studio_id, to_stage_id) REFERENCES studio.stage (studio_id, id),
    FOREIGN KEY (studio_id, member_id) REFERENCES studio.member (studio_id, id)
);

CREATE INDEX stage_event_by_lead ON studio.stage_event (studio_id, lead_id, at, id);

CREATE TABLE studio.lead_edit (
    studio_id  text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id         text COLLATE "C" NOT NULL,
    lead_id    text COLLATE "C" NOT NULL,
    member_id  text COLLATE "C" NOT NULL,
    at         bigint NOT NULL,
    changes    text NOT NULL,
    seq        bigint NOT NULL,
    PRIMARY KEY (studio_id, id),
    UNIQUE (studio_id, seq),
    FOREIGN KEY (studio_id, lead_id) REFERENCES studio.lead (studio_id, id),
    FOREIGN KEY (studio_id, member_id) REFERENCES studio.member (studio_id, id)
);

CREATE INDEX lead_edit_by_lead ON studio.lead_edit (studio_id, lead_id, at, id);

CREATE TABLE studio.tombstone (
    studio_id  text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    kind       text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    seq        bigint NOT NULL,
    PRIMARY KEY (studio_id, kind, id),
    UNIQUE (studio_id, seq)
);

CREATE TABLE studio.lead_tally (
    studio_id      text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    owner_id       text COLLATE "C" NOT NULL,
    leads          bigint NOT NULL,
    conversations  bigint NOT NULL,
    messages       bigint NOT NULL,
    stage_events   bigint NOT NULL,
    PRIMARY KEY (studio_id, owner_id)
);

CREATE TABLE studio.subscription (
    studio_id             text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id                    text COLLATE "C" NOT NULL CHECK (id = studio_id),
    plan                  text NOT NULL,
    status                text NOT NULL,
    seats                 bigint NOT NULL,
    current_period_end    bigint NOT NULL,
    cancel_at_period_end  bigint NOT NULL,
    ended_at              bigint,
    customer_id           text NOT NULL,
    subscription_id       text NOT NULL,
    as_of                 bigint NOT NULL,
    seq                   bigint NOT NULL,
    PRIMARY KEY (studio_id, id),
    UNIQUE (studio_id, seq)
);

CREATE TABLE studio.invoice (
    studio_id     text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id            text COLLATE "C" NOT NULL,
    invoice_id    text COLLATE "C" NOT NULL,
    number        text,
    status        text NOT NULL,
    issued_at     bigint NOT NULL,
    period_start  bigint NOT NULL,
    period_end    bigint NOT NULL,
    currency      text NOT NULL,
    total_minor   bigint NOT NULL,
    paid_minor    bigint NOT NULL,
    payment_id    text,
    as_of         bigint NOT NULL,
    seq           bigint NOT NULL,
    PRIMARY KEY (studio_id, id),
    UNIQUE (studio_id, invoice_id),
    UNIQUE (studio_id, seq)
);

CREATE TABLE studio.operation (
    studio_id  text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id         text COLLATE "C" NOT NULL,
    member_id  text NOT NULL,
    device_id  text NOT NULL,
    act_hash   text NOT NULL,
    at         bigint NOT NULL,
    done_at    bigint NOT NULL,
    fields     text NOT NULL,
    PRIMARY KEY (studio_id, id)
);

CREATE TABLE studio.device_head (
    studio_id  text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    device_id  text COLLATE "C" NOT NULL,
    act        bigint NOT NULL,
    link       text NOT NULL,
    PRIMARY KEY (studio_id, device_id)
);

CREATE TABLE studio.audit_entry (
    studio_id    text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id           text COLLATE "C" NOT NULL,
    action       text NOT NULL,
    at           bigint NOT NULL,
    received_at  bigint NOT NULL,
    member_id    text NOT NULL,
    device_id    text NOT NULL,
    detail       text NOT NULL,
    row_count    bigint NOT NULL,
    PRIMARY KEY (studio_id, id)
);

GRANT SELECT, INSERT, UPDATE ON studio.change_counter, studio.studio, studio.member, studio.lead_tally,
    studio.subscription, studio.invoice, studio.device_head TO frontdesk_studio;
GRANT SELECT, INSERT ON studio.stage, studio.tombstone TO frontdesk_studio;
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.lead, studio.conversation, studio.message, studio.stage_event,
    studio.lead_edit TO frontdesk_studio;
-- Append-only: what is not granted can't be done.
GRANT SELECT, INSERT ON studio.audit_entry, studio.operation TO frontdesk_studio;

-- Closes a table to all but the rows of the transaction's studio, its owner included. Every migration that adds a table
-- here calls it; a test and every start of a server look whether it did.
CREATE FUNCTION studio.protect(one regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', one);
    -- Restrictive policies only narrow what some permissive one lets through; a second permissive one would widen it.
    EXECUTE format('CREATE POLICY in_sight ON %s AS PERMISSIVE TO frontdesk_studio USING (true) WITH CHECK (true)', one);
    EXECUTE format(
        'CREATE POLICY own_studio ON %s AS RESTRICTIVE
             USING (studio_id = NULLIF(current_setting(''app.studio'', true), ''''))
             WITH CHECK (studio_id = NULLIF(current_setting(''app.studio'', true), ''''))',
        one);
END
$$;
REVOKE EXECUTE ON FUNCTION studio.protect FROM PUBLIC;

SELECT studio.protect('studio.change_counter'), studio.protect('studio.studio'), studio.protect('studio.member'),
       studio.protect('studio.stage'), studio.protect('studio.lead'), studio.protect('studio.conversation'),
       studio.protect('studio.message'), studio.protect('studio.stage_event'), studio.protect('studio.lead_edit'),
       studio.protect('studio.tombstone'),
       studio.protect('studio.lead_tally'), studio.protect('studio.audit_entry'),
       studio.protect('studio.subscription'), studio.protect('studio.invoice'), studio.protect('studio.operation'),
       studio.protect('studio.device_head');
