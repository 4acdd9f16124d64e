"""Workflows: files of a user, which the editor lists and opens."""
