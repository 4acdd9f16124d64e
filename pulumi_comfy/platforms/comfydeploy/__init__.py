"""ComfyDeploy, hosted: API V2."""
