"""What happens, in order: flows await the world, then apply an event."""
