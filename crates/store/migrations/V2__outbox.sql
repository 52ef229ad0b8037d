-- What was done on this device, in its order, until the server has told what became of it; and what was done lately, for a
-- server that is put back to before it.
CREATE TABLE outbox (
    n        INTEGER NOT NULL PRIMARY KEY,
    id       BLOB    NOT NULL UNIQUE,
    at       INTEGER NOT NULL,
    act      TEXT    NOT NULL,   -- JSON, as it is sent
    state    INTEGER NOT NULL,
    refusal  TEXT                -- JSON
) STRICT;
CREATE INDEX outbox_by_state ON outbox (state, n);

-- What an act is about: leads and conversations, by their ids. Acts that share one are done in their order.
CREATE TABLE outbox_target (
    target  BLOB    NOT NULL,
    n       INTEGER NOT NULL,
    PRIMARY KEY (target, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_target_by_act ON outbox_target (n);

-- Each act's place in the chain: no act can be taken out, changed or put back unnoticed.
CREATE TABLE outbox_link (
    n       INTEGER NOT NULL PRIMARY KEY,
    digest  BLOB    NOT NULL,   -- of the act
    link    BLOB    NOT NULL    -- of the link before and the digest
) STRICT;

-- The run of the server's changes that was told last: another one, and it was put back to before.
ALTER TABLE sync_state ADD COLUMN server_epoch TEXT;

-- A lead as the server told it, while acts of this device are shown on top of it; null where it has told of none yet.
CREATE TABLE lead_base (
    id    BLOB NOT NULL PRIMARY KEY,
    lead  TEXT                  -- JSON
) STRICT, WITHOUT ROWID;

-- Fields that this device and somebody else changed to different things.
CREATE TABLE field_conflict (
    operation_id  BLOB    NOT NULL,
    field         INTEGER NOT NULL,
    lead_id       BLOB    NOT NULL,
    at            INTEGER NOT NULL,
    seen          TEXT    NOT NULL,   -- JSON
    yours         TEXT    NOT NULL,   -- JSON
    PRIMARY KEY (operation_id, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX field_conflict_by_lead ON field_conflict (lead_id);
