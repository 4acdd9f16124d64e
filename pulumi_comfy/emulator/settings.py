"""What a test or a person may turn: durations, limits, and which reading of an odd rule applies.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Adjustable(BaseModel):
    """Settings that may be assigned while the emulator runs; a wrong type raises `pydantic.ValidationError`."""

    model_config = ConfigDict(validate_assignment=True, extra="forbid")

    def put_back(self) -> None:
        """Restore the defaults in place: others hold this object."""
        defaults = type(self)()
        for name in type(self).model_fields:
            setattr(self, name, getattr(defaults, name))


class PlanLimits(BaseModel):
    """What an account's plan allows (1.4; the numbers are the plan table's)."""

    model_config = ConfigDict(validate_assignment=True, extra="forbid")

    name: str = "business"
    machine_limit: int = 20
    workflow_limit: int = 100
    gpu_concurrency_limit: int = 10
    always_on_limit: int = 10
    self_hosted_machines: bool = True
    gpu_credit_cents: int = 100_000

    @property
    def is_free(self) -> bool:
        """Whether the fields reserved for paying accounts are refused."""
        return self.name == "free"

    @classmethod
    def free(cls) -> PlanLimits:
        """The free plan."""
        return cls(
            name="free",
            machine_limit=1,
            workflow_limit=2,
            gpu_concurrency_limit=1,
            always_on_limit=0,
            self_hosted_machines=False,
            gpu_credit_cents=500,
        )


# Node classes of well-known custom packs, and a part of the pack's address or registry id.
CUSTOM_NODE_PACKS = {
    "VHS_VideoCombine": "videohelpersuite",
    "VHS_LoadVideo": "videohelpersuite",
    "IPAdapterAdvanced": "ipadapter",
    "IPAdapterUnifiedLoader": "ipadapter",
    "FaceDetailer": "impact-pack",
    "ImpactWildcardProcessor": "impact-pack",
    "ControlNetApplyAdvanced+": "controlnet_aux",
    "DWPreprocessor": "controlnet_aux",
    "UltimateSDUpscale": "ultimatesdupscale",
    "ReActorFaceSwap": "reactor",
}


class Settings(Adjustable):
    """Everything that is for several platforms. Durations are seconds. `reset()` restores the defaults."""

    # Builds and runs.
    build_seconds: float = Field(default=0.2, ge=0)
    run_seconds: float = Field(default=0.2, ge=0)
    cold_start_seconds: float = Field(default=0.0, ge=0)
    download_seconds: float = Field(default=0.2, ge=0)
    stale_run_seconds: float = Field(default=24 * 3600.0, ge=0)
    signed_url_seconds: float = Field(default=3600.0, ge=0)
    # A step or command that contains one of these breaks the build, or every run on that build.
    build_breaking_markers: list[str] = ["BREAK-BUILD", "FAIL_BUILD"]
    inference_breaking_markers: list[str] = ["BREAK-INFERENCE"]
    # What the machines' ComfyUI does not know: class prefixes, whole class names, file names of models.
    broken_class_prefixes: list[str] = ["Broken"]
    missing_node_classes: list[str] = []
    # What a machine without any node pack knows besides the classes of ComfyUI that the emulator has heard of.
    more_node_classes: list[str] = []
    missing_models: list[str] = []
    custom_node_packs: dict[str, str] = CUSTOM_NODE_PACKS
    unknown_registry_nodes: list[str] = []
    # Self-hosted endpoints: "refused" (no connection) or the status line of the answer, for instance "400 Bad Request".
    # An endpoint that is not listed accepts every run.
    endpoint_answers: dict[str, str] = {}
    # The platform's rules.
    deployment_404: Literal["500", "fixed"] = "500"
    timestamps: Literal["recorded", "iso"] = "recorded"
    fluid_builds: bool = False
    version_race_seconds: float = Field(default=0.0, ge=0)
    revoked_key_cache_seconds: float = Field(default=10.0, ge=0)
    # Two keys that an account makes within so many seconds are the same text, which the platform refuses.
    api_key_seconds: float = Field(default=1.0, gt=0)
    default_plan: PlanLimits = PlanLimits()
    # By organisation or user id.
    plans: dict[str, PlanLimits] = {}
