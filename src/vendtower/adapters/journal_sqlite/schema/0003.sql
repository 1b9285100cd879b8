-- Cars on their way in, and what is kept of cars that are out with a customer.

CREATE TABLE dropoff (
    dropoff_id  TEXT PRIMARY KEY,
    vin         TEXT NOT NULL,
    bay         INTEGER NOT NULL,
    state       TEXT NOT NULL,
    ended       INTEGER NOT NULL CHECK (ended IN (0, 1)),
    changed_utc TEXT NOT NULL,
    body        TEXT NOT NULL
) STRICT;
CREATE INDEX dropoff_by_end ON dropoff (ended, changed_utc);
-- The database itself refuses a second car on its way into one bay.
CREATE UNIQUE INDEX one_dropoff_per_bay ON dropoff (bay) WHERE ended = 0;

CREATE TABLE loan (
    vin            TEXT PRIMARY KEY,
    reservation_id TEXT NOT NULL,
    body           TEXT NOT NULL
) STRICT;
