-- Counters of what wears, as they stood at the end of each day, and what was done about each part.

CREATE TABLE meter (
    meter_key TEXT PRIMARY KEY,
    body      TEXT NOT NULL
) STRICT;

CREATE TABLE meter_day (
    day       TEXT NOT NULL,
    meter_key TEXT NOT NULL,
    total     REAL NOT NULL,
    PRIMARY KEY (day, meter_key)
) STRICT;

CREATE TABLE sign_off (
    sign_off_id INTEGER PRIMARY KEY,
    part_id     TEXT NOT NULL,
    care        TEXT NOT NULL,
    utc         TEXT NOT NULL,
    body        TEXT NOT NULL
) STRICT;
CREATE INDEX sign_off_by_part ON sign_off (part_id, care);
-- A sign-off is never changed nor taken back.
CREATE TRIGGER sign_off_stays_as_it_is BEFORE UPDATE ON sign_off
BEGIN SELECT RAISE(ABORT, 'a sign-off is never changed'); END;
CREATE TRIGGER sign_off_stays BEFORE DELETE ON sign_off
BEGIN SELECT RAISE(ABORT, 'a sign-off is never erased'); END;
