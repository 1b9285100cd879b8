-- Slots, lifts and bays that people have taken out of service.

CREATE TABLE service_note (
    place TEXT PRIMARY KEY,
    body  TEXT NOT NULL
) STRICT;
