-- Templates of faces as the identity process sealed them, and erasures whose receipt is owed.

CREATE TABLE sealed_template (
    reservation_id TEXT PRIMARY KEY,
    body           TEXT NOT NULL
) STRICT;

CREATE TABLE erasure_owed (
    erasure_id TEXT PRIMARY KEY,
    body       TEXT NOT NULL
) STRICT;
