"""`pulumi-comfy demo`."""
