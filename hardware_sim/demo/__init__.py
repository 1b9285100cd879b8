"""The demonstration: scripted customers, a link that is cut, a daemon that is killed, a verdict."""
