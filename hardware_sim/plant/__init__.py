"""The mechanics of the tower: axes, doors, cars, people, and the sensors that watch them."""
