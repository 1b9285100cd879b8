-- Reservations carry the cloud's signature from here on. Those that are held have none, so the
-- whole list is asked for once more; how long it was confirmed for nobody has noted.

DELETE FROM fact WHERE name = 'cloud_cursor';
