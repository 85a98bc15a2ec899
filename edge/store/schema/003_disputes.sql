-- How a person settled a disputed sale; the sale itself stays as it was recorded.
CREATE TABLE dispute (
    place  INTEGER PRIMARY KEY REFERENCES sale (place),
    letter INTEGER NOT NULL REFERENCES letter (place)
) STRICT;

-- What moved a totaliser with no sale to show for it: each line is its letter.
CREATE TABLE meter_line (
    place     INTEGER PRIMARY KEY REFERENCES letter (place),
    kind      TEXT    NOT NULL,
    explained INTEGER REFERENCES letter (place) -- NULL until a person has explained it
) STRICT;
CREATE INDEX meter_line_open ON meter_line (place) WHERE explained IS NULL AND kind <> 'drip';
CREATE INDEX sale_disputed ON sale (place) WHERE status = 'disputed';

-- When a nozzle's totaliser was read last.
ALTER TABLE nozzle ADD COLUMN totaliser_at INTEGER NOT NULL DEFAULT 0;
