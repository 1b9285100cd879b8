-- How far the wall time of an event can be believed; nobody looked at it before.
ALTER TABLE event ADD COLUMN clock_quality TEXT NOT NULL DEFAULT 'unknown'
    CHECK (clock_quality IN ('synchronized', 'unsynchronized', 'unknown'));
