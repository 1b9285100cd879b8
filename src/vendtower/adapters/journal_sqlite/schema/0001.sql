-- The journal, version 1. `body` is a record as JSON; the columns beside it are for searching.
-- Times are ISO 8601 text in UTC.

CREATE TABLE visit (
    visit_id       TEXT PRIMARY KEY,
    reservation_id TEXT NOT NULL,
    vin            TEXT NOT NULL,
    state          TEXT NOT NULL,
    ended          INTEGER NOT NULL CHECK (ended IN (0, 1)),
    changed_utc    TEXT NOT NULL,
    body           TEXT NOT NULL
) STRICT;
CREATE INDEX visit_by_end ON visit (ended, changed_utc);

CREATE TABLE carriage (
    vin   TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    body  TEXT NOT NULL
) STRICT;

CREATE TABLE job (
    job_id  INTEGER PRIMARY KEY CHECK (job_id BETWEEN 1 AND 4294967295),
    mailbox INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    vin     TEXT,
    state   TEXT NOT NULL,
    ended   INTEGER NOT NULL CHECK (ended IN (0, 1)),
    body    TEXT NOT NULL
) STRICT;
CREATE INDEX job_by_mailbox ON job (mailbox, job_id);
CREATE INDEX job_by_end ON job (ended, job_id);

CREATE TABLE staff_case (
    case_id INTEGER PRIMARY KEY,
    vin     TEXT,
    ended   INTEGER NOT NULL CHECK (ended IN (0, 1)),
    body    TEXT NOT NULL
) STRICT;
CREATE INDEX staff_case_by_end ON staff_case (ended, case_id);

CREATE TABLE ledger_line (
    vin   TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    body  TEXT NOT NULL
) STRICT;
-- The database itself refuses a second car in one place.
CREATE UNIQUE INDEX one_car_per_place ON ledger_line (place)
    WHERE place NOT IN ('outside', 'unsettled');

CREATE TABLE reservation (
    reservation_id TEXT PRIMARY KEY,
    starts_at      TEXT NOT NULL,
    body           TEXT NOT NULL
) STRICT;

CREATE TABLE fact (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The history, and the outbox of those that the cloud is owed.
CREATE TABLE event (
    sequence       INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id       TEXT NOT NULL UNIQUE,
    event_type     TEXT NOT NULL,
    subject        TEXT NOT NULL,
    utc            TEXT NOT NULL,
    monotonic_s    REAL NOT NULL,
    correlation_id TEXT NOT NULL,
    data           TEXT NOT NULL,
    delivery       TEXT NOT NULL CHECK (delivery IN ('local', 'waiting', 'delivered', 'dead')),
    reason         TEXT NOT NULL DEFAULT '',
    -- 1, 2, 3, ... over the events that the cloud is owed, so that it can see a loss.
    owed_number    INTEGER UNIQUE
) STRICT;
CREATE INDEX event_waiting ON event (sequence) WHERE delivery = 'waiting';
CREATE INDEX event_dead ON event (sequence) WHERE delivery = 'dead';

-- Counting a history of years by reading it would take too long.
CREATE TABLE outbox_count (
    name  TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;
INSERT INTO outbox_count VALUES ('owed', 0), ('delivered', 0), ('dead', 0);
CREATE TRIGGER event_owed AFTER INSERT ON event WHEN NEW.delivery <> 'local' BEGIN
    UPDATE outbox_count SET count = count + 1 WHERE name = 'owed';
    UPDATE event SET owed_number = (SELECT count FROM outbox_count WHERE name = 'owed')
        WHERE sequence = NEW.sequence;
END;
CREATE TRIGGER event_settled AFTER UPDATE OF delivery ON event
WHEN OLD.delivery = 'waiting' AND NEW.delivery IN ('delivered', 'dead') BEGIN
    UPDATE outbox_count SET count = count + 1 WHERE name = NEW.delivery;
END;
