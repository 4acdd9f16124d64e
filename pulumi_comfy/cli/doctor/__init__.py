"""`pulumi-comfy doctor`."""
