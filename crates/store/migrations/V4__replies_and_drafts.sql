-- Conversations as the server told them, while replies of this device are shown on top.
CREATE TABLE conversation_base (
    id            BLOB NOT NULL PRIMARY KEY,
    conversation  TEXT NOT NULL   -- JSON
) STRICT, WITHOUT ROWID;

-- Messages that are here because this device wrote them: the server has not told them, or has forgotten them.
CREATE TABLE own_message (
    id            BLOB    NOT NULL PRIMARY KEY,
    operation_id  BLOB    NOT NULL UNIQUE,
    is_sent       INTEGER NOT NULL   -- it may have left this device: nobody can take it back
) STRICT, WITHOUT ROWID;

-- What was typed into a conversation and not sent. It never leaves this device.
CREATE TABLE draft (
    conversation_id  BLOB NOT NULL PRIMARY KEY,
    body             TEXT NOT NULL
) STRICT, WITHOUT ROWID;
