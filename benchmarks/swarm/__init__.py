"""The real controller against the simulated tower on a virtual clock, with seeded faults.

Nothing in here is known to the controller or to the simulator; it joins the two and judges both.
"""
