-- Who may sign in, at which studios, and on which devices they did.

CREATE TABLE registered_studio (
    id          TEXT    NOT NULL PRIMARY KEY,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
    id             TEXT    NOT NULL PRIMARY KEY,
    -- Trimmed and lower-cased: the form people are looked up by.
    email_folded   TEXT    NOT NULL UNIQUE,
    -- PHC string of Argon2id: parameters, salt and hash.
    password_hash  TEXT    NOT NULL,
    created_at     INTEGER NOT NULL
) STRICT;

-- An account at a studio. The member's name is in the studio's own file.
CREATE TABLE membership (
    member_id   TEXT    NOT NULL PRIMARY KEY,
    account_id  TEXT    NOT NULL REFERENCES account (id),
    studio_id   TEXT    NOT NULL REFERENCES registered_studio (id),
    role        TEXT    NOT NULL,
    joined_at   INTEGER NOT NULL,
    UNIQUE (account_id, studio_id)
) STRICT;

-- A sign-in and all the refresh tokens that descend from it: what staff see as a device.
CREATE TABLE device (
    id             TEXT    NOT NULL PRIMARY KEY,
    member_id      TEXT    NOT NULL REFERENCES membership (member_id),
    name           TEXT    NOT NULL,
    os             TEXT    NOT NULL,
    app_version    TEXT    NOT NULL,
    signed_in_at   INTEGER NOT NULL,
    signed_in_ip   TEXT    NOT NULL,
    last_seen_at   INTEGER NOT NULL,
    last_seen_ip   TEXT    NOT NULL,
    -- When the session is over. Each refresh moves it on; what ends the session moves it to then.
    over_at        INTEGER NOT NULL,
    -- How its tokens travel, and so the only way in which they count: bearer or cookie.
    session_form   TEXT    NOT NULL,
    -- signed_out, revoked or token_reused; nothing for one that is alive or ran out.
    ended_because  TEXT
) STRICT;

CREATE INDEX device_by_member ON device (member_id, last_seen_at);
CREATE INDEX device_by_end ON device (over_at);

-- Used ones stay for a while: only so can their reuse be noticed.
CREATE TABLE refresh_token (
    -- Keyed hash of the token, in hexadecimal.
    hash       TEXT    NOT NULL PRIMARY KEY,
    device_id  TEXT    NOT NULL REFERENCES device (id),
    issued_at  INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;

CREATE INDEX refresh_token_by_device ON refresh_token (device_id, used_at);
