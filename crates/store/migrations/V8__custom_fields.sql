-- Fields that the studio defined for its leads.
CREATE TABLE custom_field (
    ref       INTEGER NOT NULL PRIMARY KEY,
    id        BLOB    NOT NULL UNIQUE,
    form      TEXT,                        -- JSON; absent while only leads have named it
    position  INTEGER NOT NULL DEFAULT 0,
    epoch     INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What leads have in them: JSON, by the id of the field.
ALTER TABLE lead ADD COLUMN custom TEXT NOT NULL DEFAULT '{}';

-- The same for filters: texts are folded, days are counted from the first of year 1, options are ids.
CREATE TABLE lead_custom (
    field_ref  INTEGER NOT NULL,
    key        ANY     NOT NULL,
    lead_n     INTEGER NOT NULL,
    PRIMARY KEY (field_ref, key, lead_n)
) STRICT, WITHOUT ROWID;
CREATE INDEX lead_custom_by_lead ON lead_custom (lead_n, field_ref);

-- A conflict in such a field is told by the field's id; in any other that is empty.
CREATE TABLE field_conflict_of_any (
    operation_id  BLOB    NOT NULL,
    field         INTEGER NOT NULL,
    custom_id     BLOB    NOT NULL,
    lead_id       BLOB    NOT NULL,
    at            INTEGER NOT NULL,
    seen          TEXT    NOT NULL,   -- JSON
    yours         TEXT    NOT NULL,   -- JSON
    PRIMARY KEY (operation_id, field, custom_id)
) STRICT, WITHOUT ROWID;
INSERT INTO field_conflict_of_any (operation_id, field, custom_id, lead_id, at, seen, yours)
    SELECT operation_id, field, x'', lead_id, at, seen, yours FROM field_conflict;
DROP TABLE field_conflict;
ALTER TABLE field_conflict_of_any RENAME TO field_conflict;
CREATE INDEX field_conflict_by_lead ON field_conflict (lead_id);

-- Whoever wrote this cache before did not keep the values that it was told: the next pull tells everything again. Rows stay
-- until its end.
UPDATE sync_state SET cursor = NULL, epoch = epoch + 1, is_restarted = 1, is_complete = 0, in_snapshot = 0, rows_done = 0
    WHERE cursor IS NOT NULL;
