-- As ../studio/V2__custom_fields.sql, which says what it is for.

CREATE TABLE studio.custom_field (
    studio_id    text COLLATE "C" NOT NULL DEFAULT NULLIF(current_setting('app.studio', true), ''),
    id           text COLLATE "C" NOT NULL,
    name         text NOT NULL,
    kind         text NOT NULL,
    options      text NOT NULL,
    position     bigint NOT NULL,
    is_in_list   bigint NOT NULL,
    is_archived  bigint NOT NULL,
    seq          bigint NOT NULL,
    PRIMARY KEY (studio_id, id),
    UNIQUE (studio_id, seq)
);

GRANT SELECT, INSERT, UPDATE ON studio.custom_field TO frontdesk_studio;
SELECT studio.protect('studio.custom_field');

-- A constant default: no row is written for it.
ALTER TABLE studio.lead ADD COLUMN custom text NOT NULL DEFAULT '{}';
