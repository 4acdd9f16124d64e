"""Policies: what ComfyUI in production costs and breaks, as rules that a preview, a deployment and CI ask.

`rules/` are plain functions over plain data; `pack.py` alone knows Pulumi's policy library, which lives in an
environment of its own. A team writes rules of its own with `Rule` and tests them with `kit`.
"""

from pulumi_comfy.policy.catalog import RULES
from pulumi_comfy.policy.resources import Resource, Stack
from pulumi_comfy.policy.rule import Production, Report, Rule, Settings

__all__ = ["RULES", "Production", "Report", "Resource", "Rule", "Settings", "Stack"]
