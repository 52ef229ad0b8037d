-- A list shows leads of one state: each of its orders is an index that begins with the state.
DROP INDEX lead_by_name;
DROP INDEX lead_by_stage;
DROP INDEX lead_by_owner;
DROP INDEX lead_by_source;
DROP INDEX lead_by_value;
DROP INDEX lead_by_created;
DROP INDEX lead_by_activity;
CREATE INDEX lead_by_name     ON lead (state, name_key, id, stage_ref, owner_ref, source, created_at, last_activity_at);
CREATE INDEX lead_by_stage    ON lead (state, stage_ref, id, owner_ref, source, created_at, last_activity_at);
CREATE INDEX lead_by_owner    ON lead (state, owner_ref, id, stage_ref, source, created_at, last_activity_at);
CREATE INDEX lead_by_source   ON lead (state, source, id, stage_ref, owner_ref, created_at, last_activity_at);
CREATE INDEX lead_by_value    ON lead (state, value_key, id, stage_ref, owner_ref, source, created_at, last_activity_at);
CREATE INDEX lead_by_created  ON lead (state, created_at, id, stage_ref, owner_ref, source, last_activity_at);
CREATE INDEX lead_by_activity ON lead (state, last_activity_at, id, stage_ref, owner_ref, source, created_at);

-- How many leads share these four: counts without counting.
DROP TABLE lead_facet;
CREATE TABLE lead_facet (
    state      INTEGER NOT NULL,
    stage_ref  INTEGER NOT NULL,
    owner_ref  INTEGER NOT NULL,
    source     INTEGER NOT NULL,
    leads      INTEGER NOT NULL,
    PRIMARY KEY (state, stage_ref, owner_ref, source)
) STRICT, WITHOUT ROWID;
INSERT INTO lead_facet (state, stage_ref, owner_ref, source, leads)
    SELECT state, stage_ref, owner_ref, source, count(*) FROM lead GROUP BY state, stage_ref, owner_ref, source;

-- A conversation of a deleted lead stands in no folder.
ALTER TABLE conversation ADD COLUMN is_hidden INTEGER NOT NULL DEFAULT 0;
UPDATE conversation SET is_hidden = 1 WHERE lead_n IN (SELECT n FROM lead WHERE state = 2);
-- The lead that the server told it of, where a merge of this device shows it under another; else 0.
ALTER TABLE conversation ADD COLUMN told_lead_n INTEGER NOT NULL DEFAULT 0;
CREATE INDEX conversation_moved ON conversation (told_lead_n) WHERE told_lead_n > 0;
DROP INDEX conversation_by_status;
DROP INDEX conversation_by_assignee;
DROP INDEX conversation_unread;
CREATE INDEX conversation_by_status   ON conversation (is_hidden, status, last_message_at);
CREATE INDEX conversation_by_assignee ON conversation (is_hidden, status, assignee_ref, last_message_at);
CREATE INDEX conversation_unread      ON conversation (last_message_at)
    WHERE is_hidden = 0 AND status = 0 AND unread_here > 0;
DELETE FROM conversation_facet;
INSERT INTO conversation_facet (status, assignee_ref, is_unread, conversations)
    SELECT status, assignee_ref, unread_here > 0, count(*) FROM conversation WHERE status >= 0 AND is_hidden = 0
    GROUP BY status, assignee_ref, unread_here > 0;

-- What a merge was to make of its lead, as an edit: it is shown by the rule of edits, once, whatever is told meanwhile.
ALTER TABLE outbox ADD COLUMN shown TEXT;
