"""Runs of a deployment, for the inference check."""
