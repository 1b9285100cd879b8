-- The journal, version 2: alarms as they stand, and their history.

CREATE TABLE alarm (
    alarm_key TEXT PRIMARY KEY,
    severity  TEXT NOT NULL,
    state     TEXT NOT NULL,
    body      TEXT NOT NULL
) STRICT;

-- One row for each time from the first raising until the condition is gone and acknowledged.
CREATE TABLE alarm_episode (
    episode_id   TEXT PRIMARY KEY,
    code         TEXT NOT NULL,
    source       TEXT NOT NULL,
    severity     TEXT NOT NULL,
    raised_utc   TEXT NOT NULL,
    returned_utc TEXT,
    active_s     REAL NOT NULL,
    ended        INTEGER NOT NULL CHECK (ended IN (0, 1)),
    body         TEXT NOT NULL
) STRICT;
CREATE INDEX alarm_episode_by_time ON alarm_episode (raised_utc);
CREATE INDEX alarm_episode_by_code ON alarm_episode (code, raised_utc);
