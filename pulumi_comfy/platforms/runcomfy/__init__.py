"""RunComfy's Serverless API for ComfyUI."""
