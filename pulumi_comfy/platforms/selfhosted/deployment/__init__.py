"""A deployment."""
