"""The pack: the rules of pulumi-comfy, and one of the house's own."""

from house_rules import RULES
from pulumi_policy import PolicyPack

from pulumi_comfy.policy.pack import comfy_policies

PolicyPack("house", comfy_policies(*RULES))
