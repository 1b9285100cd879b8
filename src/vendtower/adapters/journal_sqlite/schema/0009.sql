-- Keys on their way between a compartment and a customer.

CREATE TABLE key_errand (
    errand_id   TEXT PRIMARY KEY,
    vin         TEXT NOT NULL,
    compartment INTEGER NOT NULL,
    state       TEXT NOT NULL,
    ended       INTEGER NOT NULL CHECK (ended IN (0, 1)),
    changed_utc TEXT NOT NULL,
    body        TEXT NOT NULL
) STRICT;
CREATE INDEX key_errand_by_end ON key_errand (ended, changed_utc);
