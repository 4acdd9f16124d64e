"""The typed Python classes, written from the schema."""
