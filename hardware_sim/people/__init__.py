"""People before the simulated cameras: rendered from portraits, with phones in their hands."""
