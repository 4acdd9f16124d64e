"""`python -m pulumi_comfy.cli`: the same as `pulumi-comfy`."""

from __future__ import annotations

from pulumi_comfy.cli import main

main(prog_name="pulumi-comfy")
