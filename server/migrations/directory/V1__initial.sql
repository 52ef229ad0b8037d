-- Who may sign in, at which studios, and on which devices they did.

CREATE TABLE registered_studio (
    id           TEXT    NOT NULL PRIMARY KEY,
    created_at   INTEGER NOT NULL,
    -- Counts the acts on its members. Every one of them moves it before it reads anything, so that they take turns.
    member_acts  INTEGER NOT NULL DEFAULT 0
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
    -- Nothing while they are one. Who comes back is the same member again, with their history.
    removed_at  INTEGER,
    UNIQUE (account_id, studio_id)
) STRICT;

CREATE INDEX membership_by_studio ON membership (studio_id);

-- Somebody is asked to become a member, by a link.
CREATE TABLE invitation (
    id             TEXT    NOT NULL PRIMARY KEY,
    studio_id      TEXT    NOT NULL REFERENCES registered_studio (id),
    email          TEXT    NOT NULL,
    email_folded   TEXT    NOT NULL,
    role           TEXT    NOT NULL,
    invited_by     TEXT    NOT NULL REFERENCES membership (member_id),
    -- Keyed hash of the link's token, in hexadecimal.
    token_hash     TEXT    NOT NULL UNIQUE,
    created_at     INTEGER NOT NULL,
    -- When the link was last made.
    renewed_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    ended_at       INTEGER,
    -- accepted or withdrawn; nothing for one that is open or ran out.
    ended_because  TEXT
) STRICT;

CREATE UNIQUE INDEX invitation_open ON invitation (studio_id, email_folded) WHERE ended_at IS NULL;
CREATE INDEX invitation_by_expiry ON invitation (expires_at);

-- Mails to be sent: each is written in the transaction that wants it, and sent by a job. Its text is made when it is
-- sent, from what it is about, so that no address and no link lies here.
CREATE TABLE mail (
    id             TEXT    NOT NULL PRIMARY KEY,
    invitation_id  TEXT    NOT NULL REFERENCES invitation (id),
    created_at     INTEGER NOT NULL,
    -- When to try next; while somebody tries, when to believe that they died. Nothing when there is no next time.
    due_at         INTEGER,
    attempts       INTEGER NOT NULL,
    -- Why the last attempt failed.
    problem        TEXT,
    sent_at        INTEGER
) STRICT;

CREATE INDEX mail_by_due ON mail (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_by_invitation ON mail (invitation_id, created_at);

-- What was decided about members and the studio's own rows do not say yet: another database, so another transaction.
-- Each is written with the decision, carried over in the order of its number, and then forgotten.
CREATE TABLE member_act (
    -- Becomes that of the audit entry.
    id         TEXT    NOT NULL PRIMARY KEY,
    studio_id  TEXT    NOT NULL REFERENCES registered_studio (id),
    number     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    action     TEXT    NOT NULL,
    -- Who did it, on which device; `operator` and nothing for the command line.
    actor_id   TEXT    NOT NULL,
    device_id  TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    -- JSON: what it changes in the studio's rows.
    effect     TEXT    NOT NULL,
    UNIQUE (studio_id, number)
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

-- What stays of a session that was forgotten, for as long as there is its member: should its device come back, it has to
-- learn whether it is to erase what it holds.
CREATE TABLE past_device (
    id         TEXT    NOT NULL PRIMARY KEY,
    member_id  TEXT    NOT NULL REFERENCES membership (member_id),
    -- 1 where somebody ended the session; 0 for one that ran out.
    was_ended  INTEGER NOT NULL CHECK (was_ended IN (0, 1))
) STRICT;

CREATE INDEX past_device_by_member ON past_device (member_id, was_ended);

-- Used ones stay for a while: only so can their reuse be noticed.
CREATE TABLE refresh_token (
    -- Name of the token key, a dot, and the hash of the token with that key, in hexadecimal.
    hash       TEXT    NOT NULL PRIMARY KEY,
    device_id  TEXT    NOT NULL REFERENCES device (id),
    issued_at  INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;

CREATE INDEX refresh_token_by_device ON refresh_token (device_id, used_at);

-- What tokens and cursors are made with: the newest that is in use makes new ones, the older still read.
CREATE TABLE token_key (
    id          INTEGER NOT NULL PRIMARY KEY,
    -- Sealed by a data key, for this row (src/secrets/sealed.rs). Data keys are in keys.json, beside the files.
    sealed      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    -- Some time after, so that every server knows it by then.
    use_from    INTEGER NOT NULL
) STRICT;
