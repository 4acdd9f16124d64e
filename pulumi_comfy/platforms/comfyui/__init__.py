"""A plain ComfyUI server, as one runs it on one's own desk. Facts: docs/platforms/comfyui.md."""
