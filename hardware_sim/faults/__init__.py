"""What can go wrong with a tower and its surroundings, by name, to be begun and mended at will."""
