-- The station's books. Times are UTC milliseconds, money fen, volume millilitres, unit prices milliyuan a litre.

-- Who this store is. Exactly one row.
CREATE TABLE station (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    station     TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,           -- Unix second in which the store was made
    store_id    TEXT    NOT NULL,           -- drawn at random then: two stores of one epoch are a clone
    boot        INTEGER NOT NULL DEFAULT 0, -- starts of the agent
    stored_upto INTEGER NOT NULL DEFAULT 0, -- the company has all letters up to this one
    heard_at    INTEGER NOT NULL DEFAULT 0, -- when the company was last heard
    open        INTEGER NOT NULL DEFAULT 1
) STRICT;

-- The outbox: every fact, in order, without holes. Nothing is deleted; "stored_upto" says what has arrived.
-- Epoch and sequence share one integer, so that the key costs no index of its own.
CREATE TABLE letter (
    place INTEGER PRIMARY KEY CHECK (place > 0), -- epoch << 31 | seq
    epoch INTEGER GENERATED ALWAYS AS (place >> 31) VIRTUAL,
    seq   INTEGER GENERATED ALWAYS AS (place & 2147483647) VIRTUAL,
    at    INTEGER NOT NULL,
    body  BLOB    NOT NULL
) STRICT;

-- A sale is its letter; these columns are what lists and sums need.
CREATE TABLE sale (
    place   INTEGER PRIMARY KEY REFERENCES letter (place),
    at      INTEGER NOT NULL,
    point   INTEGER NOT NULL,
    nozzle  INTEGER NOT NULL,
    grade   TEXT    NOT NULL,
    volume  INTEGER NOT NULL,
    amount  INTEGER NOT NULL,
    payable INTEGER NOT NULL,
    status  TEXT    NOT NULL
) STRICT;

CREATE TABLE redemption (
    place    INTEGER NOT NULL REFERENCES sale (place),
    coupon   TEXT    NOT NULL,
    member   TEXT    NOT NULL,
    discount INTEGER NOT NULL,
    spends   INTEGER NOT NULL, -- 1 when it uses the offline allowance: no lease
    at       INTEGER NOT NULL,
    PRIMARY KEY (coupon, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX redemption_at ON redemption (at) WHERE spends = 1;

-- Leave to fill, written before the dispenser hears of it; ended by its sale or cancelled.
CREATE TABLE filling (
    id        INTEGER PRIMARY KEY,
    point     INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    ended     TEXT, -- NULL while it is open; "recorded" or "cancelled"
    place     INTEGER REFERENCES sale (place),
    body      TEXT    NOT NULL -- JSON, see edge/store/fillings.py
) STRICT;
CREATE UNIQUE INDEX filling_open ON filling (point) WHERE ended IS NULL;

-- What the customer at a point has shown: a coupon, a member card, a number plate.
CREATE TABLE presented (
    point  INTEGER PRIMARY KEY,
    coupon TEXT UNIQUE, -- one coupon is never at two points
    at     INTEGER NOT NULL,
    body   TEXT    NOT NULL -- JSON, see edge/store/presented.py
) STRICT;

-- What is known of each nozzle: its totaliser when it last hung still, and the price on its display.
CREATE TABLE nozzle (
    point      INTEGER NOT NULL,
    nozzle     INTEGER NOT NULL,
    totaliser  INTEGER,
    unit_price INTEGER,
    tariff     INTEGER NOT NULL DEFAULT 0,
    rung       TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (point, nozzle)
) STRICT, WITHOUT ROWID;

-- Rungs that a tariff has reached at the station as a whole.
CREATE TABLE rung (
    tariff INTEGER NOT NULL,
    rung   TEXT    NOT NULL,
    PRIMARY KEY (tariff, rung)
) STRICT, WITHOUT ROWID;

-- Tariffs and coupons as head office sent them last, whole.
CREATE TABLE book (
    kind    TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    body    BLOB    NOT NULL
) STRICT;

-- The inbox: commands from head office, each once.
CREATE TABLE inbox (
    command  TEXT PRIMARY KEY,
    deadline INTEGER NOT NULL,
    done     INTEGER, -- NULL while it is acted on
    detail   TEXT NOT NULL DEFAULT ''
) STRICT;

-- Wrong codes, and until when the keypad is locked for them.
CREATE TABLE wrong_code (
    at    INTEGER NOT NULL,
    point INTEGER NOT NULL,
    by    TEXT    NOT NULL
) STRICT;
CREATE TABLE code_lock (
    scope TEXT PRIMARY KEY, -- "station" or "point:3"
    until INTEGER NOT NULL,
    times INTEGER NOT NULL  -- how often in a row; each doubles the wait
) STRICT;

-- The print journal.
CREATE TABLE print_job (
    job     INTEGER PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    copy    INTEGER NOT NULL, -- 1 for the original; from 2 on the slip is marked 重打 #n
    state   TEXT    NOT NULL,
    printer TEXT    NOT NULL DEFAULT '',
    detail  TEXT    NOT NULL DEFAULT '',
    body    BLOB    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX print_job_sale ON print_job (epoch, seq, copy);
CREATE INDEX print_job_queued ON print_job (job) WHERE state = 'queued';
CREATE INDEX print_job_printing ON print_job (job) WHERE state = 'printing';

CREATE TABLE attendant (
    name         TEXT PRIMARY KEY,
    pin_hash     BLOB    NOT NULL,
    salt         BLOB    NOT NULL,
    failures     INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE TABLE attendant_session (
    token_hash BLOB PRIMARY KEY,
    name       TEXT    NOT NULL REFERENCES attendant (name) ON DELETE CASCADE,
    since      INTEGER NOT NULL,
    seen       INTEGER NOT NULL
) STRICT;
