-- Parts of a large coupon book that is on its way; the old book holds until the last has come.
CREATE TABLE coupon_part (
    part INTEGER PRIMARY KEY,
    body BLOB NOT NULL -- JSON of its listed codes
) STRICT;
