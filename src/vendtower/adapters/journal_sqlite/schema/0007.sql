-- Facts that stand until somebody ends them: the chosen mode, maintenance, stops, overrides.

CREATE TABLE standing (
    standing_key TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    ended        INTEGER NOT NULL CHECK (ended IN (0, 1)),
    body         TEXT NOT NULL
) STRICT;
CREATE INDEX standing_by_kind ON standing (kind, ended);
