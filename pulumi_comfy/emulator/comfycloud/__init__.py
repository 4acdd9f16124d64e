"""Comfy Cloud's first API, emulated. An independent reading of the platform: it shares no code with the client."""
