-- Epochs that this store had before. What was written in them keeps its keys for ever.
CREATE TABLE former_epoch (
    epoch     INTEGER PRIMARY KEY,
    store_id  TEXT    NOT NULL,
    reason    TEXT    NOT NULL,           -- why it ended, a word of shared.messages.StoreReason
    ended_at  INTEGER NOT NULL,
    settled   INTEGER NOT NULL DEFAULT 0, -- 1 once the company has everything that is here of it
    elsewhere INTEGER NOT NULL DEFAULT 0  -- letters of it that the company has and this store has not
) STRICT;

-- The machine on which this store was opened last, and, in a backup, when that was made.
ALTER TABLE station ADD COLUMN machine TEXT NOT NULL DEFAULT '';
ALTER TABLE station ADD COLUMN backup_at INTEGER NOT NULL DEFAULT 0;
