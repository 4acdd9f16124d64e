"""A model file."""
