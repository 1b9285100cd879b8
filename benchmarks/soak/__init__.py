"""A tower that is used without a pause, and what its controller needs for it over time."""
