"""ComfyDeploy API V2 (hosted), emulated. An independent reading of the platform: it shares no code with the client."""
