"""Self-hosted ComfyUI Deploy: the open-source web app, and servers that add to it."""
