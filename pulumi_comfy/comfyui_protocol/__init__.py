"""What every ComfyUI server speaks, and each platform that is one: documents, prompts, jobs, nodes, files.

Facts: docs/comfyui-protocol.md.
"""
