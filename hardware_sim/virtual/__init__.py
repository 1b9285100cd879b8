"""A sealed event loop: virtual clock, network in memory, processes that can be killed.

Nothing in it touches a socket, a thread or the wall clock, so a run is given by its seeds alone
and takes as long as its computing takes.
"""
