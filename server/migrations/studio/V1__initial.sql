-- All a studio has. Every row that clients hold carries `seq`: its place in the studio's sequence of changes.

-- One row. Locked by every writing transaction before anything else, so that the sequence has no gaps and a
-- reader never sees a number whose predecessors are not committed.
CREATE TABLE change_counter (
    only_row  INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    seq       INTEGER NOT NULL,
    -- Random name of this run of the sequence; drawn when the database is first opened, and again after a restore.
    epoch     TEXT    NOT NULL
) STRICT;

INSERT INTO change_counter (only_row, seq, epoch) VALUES (1, 0, '');

CREATE TABLE studio (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    brand_colour  TEXT    NOT NULL,
    time_zone     TEXT    NOT NULL,
    currency      TEXT    NOT NULL,
    seq           INTEGER NOT NULL
) STRICT;

CREATE TABLE member (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    -- Empty for a former member: the name is kept for the history of leads, the address for nothing.
    email      TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    is_former  INTEGER NOT NULL DEFAULT 0,
    seq        INTEGER NOT NULL UNIQUE
) STRICT;

CREATE TABLE stage (
    id        TEXT    NOT NULL PRIMARY KEY,
    name      TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    colour    TEXT    NOT NULL,
    outcome   TEXT    NOT NULL,
    seq       INTEGER NOT NULL UNIQUE
) STRICT;

CREATE TABLE lead (
    id                TEXT    NOT NULL PRIMARY KEY,
    name              TEXT    NOT NULL,
    email             TEXT,
    phone             TEXT,
    stage_id          TEXT    NOT NULL REFERENCES stage (id),
    owner_id          TEXT    REFERENCES member (id),
    source            TEXT    NOT NULL,
    campaign          TEXT,
    -- JSON: array of strings.
    tags              TEXT    NOT NULL,
    notes             TEXT    NOT NULL,
    value_minor       INTEGER,
    -- active, archived, deleted.
    state             TEXT    NOT NULL,
    -- JSON: objects.
    first_touch       TEXT    NOT NULL,
    last_touch        TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    last_activity_at  INTEGER NOT NULL,
    seq               INTEGER NOT NULL UNIQUE
) STRICT;

CREATE INDEX lead_by_activity ON lead (last_activity_at, id);

CREATE TABLE conversation (
    id                 TEXT    NOT NULL PRIMARY KEY,
    lead_id            TEXT    NOT NULL REFERENCES lead (id),
    channel            TEXT    NOT NULL,
    status             TEXT    NOT NULL,
    assignee_id        TEXT    REFERENCES member (id),
    preview            TEXT    NOT NULL,
    preview_direction  TEXT    NOT NULL,
    last_message_at    INTEGER NOT NULL,
    unread_count       INTEGER NOT NULL,
    seq                INTEGER NOT NULL UNIQUE
) STRICT;

CREATE INDEX conversation_by_lead ON conversation (lead_id, id);

CREATE TABLE message (
    id               TEXT    NOT NULL PRIMARY KEY,
    conversation_id  TEXT    NOT NULL REFERENCES conversation (id),
    -- The conversation's lead, held here so that the feed needs no join.
    lead_id          TEXT    NOT NULL,
    direction        TEXT    NOT NULL,
    author_id        TEXT    REFERENCES member (id),
    body             TEXT    NOT NULL,
    status           TEXT    NOT NULL,
    failure_reason   TEXT,
    sent_at          INTEGER NOT NULL,
    seq              INTEGER NOT NULL UNIQUE
) STRICT;

CREATE INDEX message_by_time ON message (sent_at, id);
CREATE INDEX message_by_conversation ON message (conversation_id);

CREATE TABLE stage_event (
    id             TEXT    NOT NULL PRIMARY KEY,
    lead_id        TEXT    NOT NULL REFERENCES lead (id),
    from_stage_id  TEXT    REFERENCES stage (id),
    to_stage_id    TEXT    NOT NULL REFERENCES stage (id),
    member_id      TEXT    REFERENCES member (id),
    at             INTEGER NOT NULL,
    seq            INTEGER NOT NULL UNIQUE
) STRICT;

CREATE INDEX stage_event_by_lead ON stage_event (lead_id, at, id);

-- What staff made of a lead, with what lost against a colleague's edit. Goes with the lead.
CREATE TABLE lead_edit (
    -- The operation's, where it was one.
    id         TEXT    NOT NULL PRIMARY KEY,
    lead_id    TEXT    NOT NULL REFERENCES lead (id),
    member_id  TEXT    NOT NULL REFERENCES member (id),
    at         INTEGER NOT NULL,
    -- JSON: array of fields, each with what it was, what was made of it, and what became of that.
    changes    TEXT    NOT NULL,
    seq        INTEGER NOT NULL UNIQUE
) STRICT;

CREATE INDEX lead_edit_by_lead ON lead_edit (lead_id, at, id);

-- What is gone, so that clients can be told.
CREATE TABLE tombstone (
    -- As in the change feed: lead, conversation, message, stage_event …
    kind  TEXT    NOT NULL,
    id    TEXT    NOT NULL,
    seq   INTEGER NOT NULL UNIQUE,
    -- With the kind: senders choose the ids of messages, and could choose that of a lead.
    PRIMARY KEY (kind, id)
) STRICT;

-- How many rows each owner's leads amount to: the totals a snapshot announces before it has counted.
CREATE TABLE lead_tally (
    -- A member's id; empty for the unassigned pool.
    owner_id       TEXT    NOT NULL PRIMARY KEY,
    leads          INTEGER NOT NULL,
    conversations  INTEGER NOT NULL,
    messages       INTEGER NOT NULL,
    stage_events   INTEGER NOT NULL
) STRICT;

-- What the studio pays for Frontdesk, as Stripe told it; told to those alone whose role may see it. No card data.
CREATE TABLE subscription (
    -- The studio's: there is one subscription.
    id                      TEXT    NOT NULL PRIMARY KEY,
    plan                    TEXT    NOT NULL,
    status                  TEXT    NOT NULL,
    seats                   INTEGER NOT NULL,
    current_period_end      INTEGER NOT NULL,
    -- 0 or 1.
    cancel_at_period_end    INTEGER NOT NULL,
    ended_at                INTEGER,
    -- What they are called at Stripe.
    customer_id             TEXT    NOT NULL,
    subscription_id         TEXT    NOT NULL,
    -- When it was so: what comes in of an earlier moment is not kept.
    as_of                   INTEGER NOT NULL,
    seq                     INTEGER NOT NULL UNIQUE
) STRICT;

CREATE TABLE invoice (
    id            TEXT    NOT NULL PRIMARY KEY,
    -- At Stripe.
    invoice_id    TEXT    NOT NULL UNIQUE,
    number        TEXT,
    status        TEXT    NOT NULL,
    issued_at     INTEGER NOT NULL,
    period_start  INTEGER NOT NULL,
    period_end    INTEGER NOT NULL,
    currency      TEXT    NOT NULL,
    total_minor   INTEGER NOT NULL,
    paid_minor    INTEGER NOT NULL,
    -- At Stripe.
    payment_id    TEXT,
    as_of         INTEGER NOT NULL,
    seq           INTEGER NOT NULL UNIQUE
) STRICT;

-- What staff did on devices, by the id that the device gave it: done once, however often it is sent. Kept for ever.
CREATE TABLE operation (
    id         TEXT    NOT NULL PRIMARY KEY,
    member_id  TEXT    NOT NULL,
    device_id  TEXT    NOT NULL,
    -- SHA-256 of the act: the same id with another act is a mistake.
    act_hash   TEXT    NOT NULL,
    -- By the device's clock, and by ours.
    at         INTEGER NOT NULL,
    done_at    INTEGER NOT NULL,
    -- What became of each field: a list of names and outcomes.
    fields     TEXT    NOT NULL
) STRICT;

CREATE TRIGGER operation_never_changes BEFORE UPDATE ON operation
BEGIN
    SELECT RAISE(ABORT, 'what was done stays done');
END;

CREATE TRIGGER operation_never_goes BEFORE DELETE ON operation
BEGIN
    SELECT RAISE(ABORT, 'what was done stays done');
END;

-- How far the chain of each device's acts had come when it was last told of.
CREATE TABLE device_head (
    device_id  TEXT    NOT NULL PRIMARY KEY,
    act        INTEGER NOT NULL,
    -- In hexadecimal.
    link       TEXT    NOT NULL
) STRICT;

-- Privileged acts. Append-only.
CREATE TABLE audit_entry (
    id           TEXT    NOT NULL PRIMARY KEY,
    action       TEXT    NOT NULL,
    -- By the device's clock, and by ours.
    at           INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    member_id    TEXT    NOT NULL,
    device_id    TEXT    NOT NULL,
    detail       TEXT    NOT NULL,
    row_count    INTEGER NOT NULL
) STRICT;

CREATE TRIGGER audit_entry_never_changes BEFORE UPDATE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_entry_never_goes BEFORE DELETE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
