-- What was paid for sales, taken back, given back, or driven off with. Each row is a letter; money in fen.
CREATE TABLE payment (
    place  INTEGER PRIMARY KEY REFERENCES letter (place),
    sale   INTEGER NOT NULL REFERENCES sale (place),
    kind   TEXT    NOT NULL CHECK (kind IN ('paid', 'refunded', 'gone')),
    amount INTEGER NOT NULL,
    ended  INTEGER REFERENCES letter (place) -- the letter that took it back
) STRICT;
CREATE INDEX payment_sale ON payment (sale);
-- Whatever two tills do at once: a sale is paid once.
CREATE UNIQUE INDEX payment_once ON payment (sale) WHERE kind <> 'refunded' AND ended IS NULL;

-- 1 while a sale waits for its payment at the till.
ALTER TABLE sale ADD COLUMN owes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sale_owes ON sale (place) WHERE owes = 1;

-- What somebody may do: attendant, or manager, who may give money back as well.
ALTER TABLE attendant ADD COLUMN role TEXT NOT NULL DEFAULT 'attendant';
