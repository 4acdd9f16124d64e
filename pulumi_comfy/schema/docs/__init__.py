"""The pages of the resources and functions, written from the schema."""
