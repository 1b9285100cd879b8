"""Named incidents: each a small script on a simulated world, with the real daemon and its ending."""
