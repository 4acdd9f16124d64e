"""The routes of the public web app, and those that only forks and proxies add."""
