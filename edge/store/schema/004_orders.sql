-- Keys of head office under which it signs what it writes to this station. The highest number is their version.
CREATE TABLE command_key (
    id     INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 255),
    public BLOB NOT NULL
) STRICT;

-- What was obeyed, as it was carried, with its signature: books, keys and commands. Nothing is deleted but the parts of
-- lists that a newer list has replaced.
CREATE TABLE obeyed (
    id    INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL, -- when it came
    kind  TEXT    NOT NULL,
    frame BLOB    NOT NULL
) STRICT;
