"""Comfy Cloud: saved workflows, their versions and publications, and runs of a saved version."""
