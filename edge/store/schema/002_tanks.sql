-- Tanks, as a gauge reads them. Volumes in millilitres, heights in micrometres, temperatures in thousandths of a degree.

-- Each tank's last reading, and the one that head office was told last.
CREATE TABLE tank (
    gauge   TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    read_at INTEGER NOT NULL,
    body    TEXT    NOT NULL, -- JSON, see edge/store/tanks.py
    told_at INTEGER NOT NULL,
    told    TEXT    NOT NULL, -- the body of that time
    PRIMARY KEY (gauge, number)
) STRICT, WITHOUT ROWID;

-- How the levels moved: what was told, kept for some weeks.
CREATE TABLE tank_level (
    gauge        TEXT    NOT NULL,
    number       INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    volume       INTEGER,
    water_height INTEGER,
    temperature  INTEGER,
    PRIMARY KEY (gauge, number, at)
) STRICT, WITHOUT ROWID;

-- Deliveries that were told: each once, however often the console repeats it.
CREATE TABLE tank_delivery (
    gauge   TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    started TEXT    NOT NULL, -- as the console's clock had it
    place   INTEGER NOT NULL REFERENCES letter (place),
    PRIMARY KEY (gauge, number, started)
) STRICT, WITHOUT ROWID;

-- Alarms that stand.
CREATE TABLE tank_alarm (
    gauge  TEXT    NOT NULL,
    number INTEGER NOT NULL,
    alarm  TEXT    NOT NULL,
    code   INTEGER NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (gauge, number, alarm)
) STRICT, WITHOUT ROWID;
