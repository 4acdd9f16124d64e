"""Self-hosted ComfyUI Deploy, emulated. An independent reading of the web app: it shares no code with the client."""
