"""One file or folder per port, named after the port and the technology behind it."""
