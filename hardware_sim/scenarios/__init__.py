"""Named incidents: small scripts on a simulated world with the real daemon, and their endings."""
