-- Ids are UUIDs as 16-byte blobs. Inside, rows refer to each other by small integers: `ref` and `n`.
-- `epoch` is the snapshot that last brought the row; a finished snapshot sweeps what it did not bring.

CREATE TABLE identity (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    studio_id  BLOB    NOT NULL,
    member_id  BLOB    NOT NULL,
    device_id  BLOB    NOT NULL
) STRICT;

CREATE TABLE sync_state (
    one            INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    cursor         TEXT,
    epoch          INTEGER NOT NULL DEFAULT 1,
    is_complete    INTEGER NOT NULL DEFAULT 0,
    is_restarted   INTEGER NOT NULL DEFAULT 0,   -- a sweep is due when the snapshot ends
    in_snapshot    INTEGER NOT NULL DEFAULT 0,
    total_leads          INTEGER NOT NULL DEFAULT 0,   -- totals of the snapshot on its way
    total_conversations  INTEGER NOT NULL DEFAULT 0,
    total_messages       INTEGER NOT NULL DEFAULT 0,
    total_stage_events   INTEGER NOT NULL DEFAULT 0,
    rows_done      INTEGER NOT NULL DEFAULT 0,
    up_to_date_at  INTEGER,
    messages       INTEGER NOT NULL DEFAULT 0,   -- rows held now
    unreadable     INTEGER NOT NULL DEFAULT 0,
    lead_version   INTEGER NOT NULL DEFAULT 0,   -- grows whenever the lead list may look different
    inbox_version  INTEGER NOT NULL DEFAULT 0,   -- the same for the conversation list
    scrub_page     INTEGER NOT NULL DEFAULT 0    -- the next page to be rid of remains of what was erased; 0: none
) STRICT;
INSERT INTO sync_state (one) VALUES (1);

CREATE TABLE setting (
    name   TEXT NOT NULL PRIMARY KEY,
    value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE saved_view (
    id     BLOB NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    query  TEXT NOT NULL   -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    n        INTEGER NOT NULL PRIMARY KEY,
    id       BLOB    NOT NULL UNIQUE,
    entry    TEXT    NOT NULL,   -- JSON
    is_sent  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX audit_unsent ON audit (n) WHERE is_sent = 0;

-- Lines of the feed that this version can't read, for a newer one.
CREATE TABLE unreadable (
    n     INTEGER NOT NULL PRIMARY KEY,
    line  TEXT    NOT NULL
) STRICT;

CREATE TABLE studio (
    one          INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    id           BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    brand_colour TEXT    NOT NULL,
    time_zone    TEXT    NOT NULL,
    currency     TEXT    NOT NULL
) STRICT;

-- A member or stage that something refers to is here before its own row came: then `is_here` is 0.
CREATE TABLE member (
    ref        INTEGER NOT NULL PRIMARY KEY,
    id         BLOB    NOT NULL UNIQUE,
    name       TEXT    NOT NULL DEFAULT '',
    email      TEXT    NOT NULL DEFAULT '',
    role       INTEGER NOT NULL DEFAULT 0,
    -- Removed from the studio: the name stays for the history of leads.
    is_former  INTEGER NOT NULL DEFAULT 0,
    is_here    INTEGER NOT NULL DEFAULT 0,
    epoch      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE stage (
    ref       INTEGER NOT NULL PRIMARY KEY,
    id        BLOB    NOT NULL UNIQUE,
    name      TEXT    NOT NULL DEFAULT '',
    position  INTEGER NOT NULL DEFAULT 0,
    colour    TEXT    NOT NULL DEFAULT '',
    outcome   INTEGER NOT NULL DEFAULT 0,
    is_here   INTEGER NOT NULL DEFAULT 0,
    epoch     INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What the studio pays, where the member may see it. Ids and status as Stripe has them.
CREATE TABLE subscription (
    one                   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    studio_id             BLOB    NOT NULL,
    plan                  TEXT    NOT NULL,
    status                INTEGER NOT NULL,
    seats                 INTEGER NOT NULL,
    current_period_end    INTEGER NOT NULL,
    cancel_at_period_end  INTEGER NOT NULL,
    ended_at              INTEGER,
    customer_id           TEXT    NOT NULL,
    subscription_id       TEXT    NOT NULL,
    as_of                 INTEGER NOT NULL,
    epoch                 INTEGER NOT NULL
) STRICT;

CREATE TABLE invoice (
    n             INTEGER NOT NULL PRIMARY KEY,
    id            BLOB    NOT NULL UNIQUE,
    invoice_id    TEXT    NOT NULL,
    number        TEXT,
    status        INTEGER NOT NULL,
    issued_at     INTEGER NOT NULL,
    period_start  INTEGER NOT NULL,
    period_end    INTEGER NOT NULL,
    currency      TEXT    NOT NULL,
    total_minor   INTEGER NOT NULL,
    paid_minor    INTEGER NOT NULL,
    payment_id    TEXT,
    as_of         INTEGER NOT NULL,
    epoch         INTEGER NOT NULL
) STRICT;

-- The integer of every lead that is here or that something here refers to.
CREATE TABLE lead_ref (
    n   INTEGER NOT NULL PRIMARY KEY,
    id  BLOB    NOT NULL UNIQUE
) STRICT;

CREATE TABLE lead (
    n                 INTEGER NOT NULL PRIMARY KEY,
    id                BLOB    NOT NULL,
    epoch             INTEGER NOT NULL,
    stage_ref         INTEGER NOT NULL,
    owner_ref         INTEGER NOT NULL,   -- 0: unassigned
    source            INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    last_activity_at  INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    value_key         INTEGER NOT NULL,   -- hundredths of the currency; no value is the smallest integer
    name_key          TEXT    NOT NULL,   -- folded name, its first 64 characters
    name              TEXT    NOT NULL,
    email             TEXT,
    phone             TEXT,
    campaign          TEXT,
    tags              TEXT    NOT NULL,   -- JSON, as it came
    first_touch       TEXT    NOT NULL,   -- JSON
    last_touch        TEXT    NOT NULL,   -- JSON
    notes             TEXT    NOT NULL,
    state             INTEGER NOT NULL
) STRICT;
-- One for each order of the list, wide enough that filters are answered without the table.
CREATE INDEX lead_by_name     ON lead (name_key, id, stage_ref, owner_ref, source, created_at, last_activity_at);
CREATE INDEX lead_by_stage    ON lead (stage_ref, id, owner_ref, source, created_at, last_activity_at);
CREATE INDEX lead_by_owner    ON lead (owner_ref, id, stage_ref, source, created_at, last_activity_at);
CREATE INDEX lead_by_source   ON lead (source, id, stage_ref, owner_ref, created_at, last_activity_at);
CREATE INDEX lead_by_value    ON lead (value_key, id, stage_ref, owner_ref, source, created_at, last_activity_at);
CREATE INDEX lead_by_created  ON lead (created_at, id, stage_ref, owner_ref, source, last_activity_at);
CREATE INDEX lead_by_activity ON lead (last_activity_at, id, stage_ref, owner_ref, source, created_at);

-- How many leads share these three: counts without counting.
CREATE TABLE lead_facet (
    stage_ref  INTEGER NOT NULL,
    owner_ref  INTEGER NOT NULL,
    source     INTEGER NOT NULL,
    leads      INTEGER NOT NULL,
    PRIMARY KEY (stage_ref, owner_ref, source)
) STRICT, WITHOUT ROWID;

-- What an export tells of a lead's messages. Narrow, so that a page of messages touches few pages of it.
CREATE TABLE lead_messages (
    lead_n    INTEGER NOT NULL PRIMARY KEY,
    messages  INTEGER NOT NULL
) STRICT;

CREATE TABLE tag (
    ref    INTEGER NOT NULL PRIMARY KEY,
    name   TEXT    NOT NULL UNIQUE,
    leads  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE lead_tag (
    tag_ref  INTEGER NOT NULL,
    lead_n   INTEGER NOT NULL,
    PRIMARY KEY (tag_ref, lead_n)
) STRICT, WITHOUT ROWID;

-- The first two folded characters of each word of a name: for queries too short for trigrams.
CREATE TABLE lead_initial (
    initials  TEXT    NOT NULL,
    lead_n    INTEGER NOT NULL,
    PRIMARY KEY (initials, lead_n)
) STRICT, WITHOUT ROWID;

-- Substrings of name, e-mail and phone, all folded. Contentless: the text itself stands in `lead` only.
CREATE VIRTUAL TABLE lead_fts USING fts5 (
    name, email, phone,
    content = '', columnsize = 0, tokenize = 'trigram remove_diacritics 1'
);

CREATE TABLE stage_event (
    n         INTEGER NOT NULL PRIMARY KEY,
    id        BLOB    NOT NULL UNIQUE,
    lead_n    INTEGER NOT NULL,
    from_ref  INTEGER NOT NULL,   -- 0: created in `to_ref`
    to_ref    INTEGER NOT NULL,
    member_ref INTEGER NOT NULL,  -- 0: the system
    at        INTEGER NOT NULL,
    epoch     INTEGER NOT NULL
) STRICT;
CREATE INDEX stage_event_by_lead ON stage_event (lead_n, at);

-- What staff edited, with what lost against a colleague's edit.
CREATE TABLE lead_edit (
    n           INTEGER NOT NULL PRIMARY KEY,
    id          BLOB    NOT NULL UNIQUE,
    lead_n      INTEGER NOT NULL,
    member_ref  INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    changes     TEXT    NOT NULL,   -- JSON
    epoch       INTEGER NOT NULL
) STRICT;
CREATE INDEX lead_edit_by_lead ON lead_edit (lead_n, at);

-- A conversation that only messages have spoken of so far has status -1 and stands in no folder.
CREATE TABLE conversation (
    n                  INTEGER NOT NULL PRIMARY KEY,
    id                 BLOB    NOT NULL UNIQUE,
    epoch              INTEGER NOT NULL DEFAULT 0,
    lead_n             INTEGER NOT NULL,
    channel            INTEGER NOT NULL DEFAULT 0,
    status             INTEGER NOT NULL DEFAULT -1,
    assignee_ref       INTEGER NOT NULL DEFAULT 0,   -- 0: nobody
    last_message_at    INTEGER NOT NULL DEFAULT 0,
    preview_direction  INTEGER NOT NULL DEFAULT 0,
    unread_count       INTEGER NOT NULL DEFAULT 0,   -- as the server tells
    unread_here        INTEGER NOT NULL DEFAULT 0,   -- the same, or 0 once shown on this device
    read_through_at    INTEGER,                      -- what was shown on this device; null when there is newer
    preview            TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX conversation_by_status   ON conversation (status, last_message_at);
CREATE INDEX conversation_by_assignee ON conversation (status, assignee_ref, last_message_at);
CREATE INDEX conversation_unread      ON conversation (last_message_at) WHERE status = 0 AND unread_here > 0;
CREATE INDEX conversation_by_lead     ON conversation (lead_n, last_message_at);

CREATE TABLE conversation_facet (
    status         INTEGER NOT NULL,
    assignee_ref   INTEGER NOT NULL,
    is_unread      INTEGER NOT NULL,
    conversations  INTEGER NOT NULL,
    PRIMARY KEY (status, assignee_ref, is_unread)
) STRICT, WITHOUT ROWID;

-- `n` falls with the time of sending, so that the search index, read forwards, is newest first without sorting.
-- The lead is the conversation's.
CREATE TABLE message (
    n                INTEGER NOT NULL PRIMARY KEY,
    id               BLOB    NOT NULL UNIQUE,
    epoch            INTEGER NOT NULL,
    conversation_n   INTEGER NOT NULL,
    direction        INTEGER NOT NULL,
    author_ref       INTEGER NOT NULL,   -- 0: the lead, or automatic
    status           INTEGER NOT NULL,
    sent_at          INTEGER NOT NULL,
    failure_reason   TEXT,
    body             TEXT    NOT NULL
) STRICT;
CREATE INDEX message_by_conversation ON message (conversation_n, sent_at DESC);

-- Words of `body`; of scripts without spaces, its characters. Contentless: what is indexed is derived from the text
-- (`search::index_text`), and an entry is taken out by deriving it again.
CREATE VIRTUAL TABLE message_fts USING fts5 (
    body,
    content = '', columnsize = 0,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

-- What is deleted leaves no words behind in the index.
INSERT INTO lead_fts (lead_fts, rank) VALUES ('secure-delete', 1);
INSERT INTO message_fts (message_fts, rank) VALUES ('secure-delete', 1);
-- Fewer, larger merges than the defaults (1 MB, 4, 16): the first sync writes them once.
INSERT INTO lead_fts (lead_fts, rank) VALUES ('hashsize', 16777216);
INSERT INTO message_fts (message_fts, rank) VALUES ('hashsize', 16777216);
INSERT INTO message_fts (message_fts, rank) VALUES ('automerge', 8);
