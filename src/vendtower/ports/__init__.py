"""What the flows need of the world, as Protocols; the adapters fulfil them."""
