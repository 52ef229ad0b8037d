-- What a studio wants to know of its leads besides what everybody does. A field is put away, never deleted.

CREATE TABLE custom_field (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    -- text, number, date, yes_no, choice.
    kind         TEXT    NOT NULL,
    -- JSON: array of objects, empty but for a choice.
    options      TEXT    NOT NULL,
    position     INTEGER NOT NULL,
    -- 0 or 1, both.
    is_in_list   INTEGER NOT NULL,
    is_archived  INTEGER NOT NULL,
    seq          INTEGER NOT NULL UNIQUE
) STRICT;

-- JSON: an object of values by the ids of their fields.
ALTER TABLE lead ADD COLUMN custom TEXT NOT NULL DEFAULT '{}';
