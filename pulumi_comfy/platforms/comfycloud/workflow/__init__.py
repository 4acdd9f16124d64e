"""A workflow."""
