"""The routes of ComfyDeploy's API V2, by what they are about."""
