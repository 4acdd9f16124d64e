"""A ComfyUI in memory, for every platform that runs prompts: nodes, what they make, and why they fail."""
