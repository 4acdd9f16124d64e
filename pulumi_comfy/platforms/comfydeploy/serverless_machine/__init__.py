"""A serverless machine."""
