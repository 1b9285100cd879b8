-- Evidence of cars' condition: what was taken, and the files that it is in.

CREATE TABLE condition (
    errand_id TEXT PRIMARY KEY,
    vin       TEXT NOT NULL,
    utc       TEXT NOT NULL,
    body      TEXT NOT NULL
) STRICT;
CREATE INDEX condition_by_time ON condition (utc);

-- A row stays until its file was removed.
CREATE TABLE evidence_file (
    sha256    TEXT PRIMARY KEY,
    errand_id TEXT NOT NULL,
    taken_utc TEXT NOT NULL,
    body      TEXT NOT NULL
) STRICT;
