"""A secret."""
