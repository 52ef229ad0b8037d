-- What leads are known by: e-mail addresses and numbers in the one form that is compared (`domain::ContactKey`).
CREATE TABLE contact_key (
    key     TEXT    NOT NULL,
    lead_n  INTEGER NOT NULL,
    PRIMARY KEY (key, lead_n)
) STRICT, WITHOUT ROWID;

-- Whether the leads from before this table are in it. SQL can't tell their keys: `table::contact_key` fills them in.
ALTER TABLE sync_state ADD COLUMN has_contact_keys INTEGER NOT NULL DEFAULT 0;
