"""Every rule of this package, in the order of the docs page."""

from __future__ import annotations

from pulumi_comfy.policy.rules import costs, environments, limits, pins, proofs, secrets, sources, upkeep

RULES = (
    limits.ALLOWED_GPUS,
    limits.MOST_AT_ONCE,
    limits.KEEP_WARM,
    limits.IDLE_TIME,
    costs.HOURLY_COST,
    costs.IDLE_COST,
    costs.STACK_HOURLY_COST,
    costs.STACK_IDLE_COST,
    proofs.PRODUCTION_CHECK,
    proofs.PRODUCTION_PROOF,
    secrets.NO_CREDENTIALS,
    pins.PINNED_COMFYUI,
    pins.PINNED_NODES,
    pins.PINNED_IMAGE,
    pins.RAW_COMMANDS,
    sources.NODE_SOURCES,
    upkeep.PROTECTED,
    upkeep.PUBLIC_SHARES,
    environments.STACK_ENVIRONMENT,
    environments.MACHINE_OF_ONE,
    upkeep.NAMING,
    upkeep.LEFT_ADOPT,
)
