"""The routes, by what they are about. Every one is there bare and under `/api`."""
