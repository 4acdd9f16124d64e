"""Policies: what a team allows of what it deploys."""
