"""A whole car vending tower in software: PLC, mechanics, kiosk board, cameras, people, cloud."""
