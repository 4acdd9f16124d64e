"""Measures the numbers that the documentation promises: `make bench`."""
