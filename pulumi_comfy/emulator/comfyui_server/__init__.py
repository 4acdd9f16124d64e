"""A plain ComfyUI server, emulated, in versions of 2025 and 2026: files of workflows, and a queue that runs prompts."""
