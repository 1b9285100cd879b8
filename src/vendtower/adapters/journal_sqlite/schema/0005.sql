-- Check-in codes: how many fitted nobody, by place, and those that have collected their car.

CREATE TABLE guess_count (
    place TEXT PRIMARY KEY,
    body  TEXT NOT NULL
) STRICT;

CREATE TABLE spent_code (
    code_sha256 TEXT PRIMARY KEY,
    spent_utc   TEXT NOT NULL,
    body        TEXT NOT NULL
) STRICT;
CREATE INDEX spent_code_by_time ON spent_code (spent_utc);
