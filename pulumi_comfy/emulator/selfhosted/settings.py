"""Its own switches: which server it is, and which plugin and builder stand behind it.

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pulumi_comfy.emulator.comfyui.installation import InstallationSettings


class SelfhostedSettings(InstallationSettings):
    """The defaults are the public web app, with machines whose plugin fits it."""

    # `oss` is what the public server has; `seed` adds machines, deployments and API keys, by our reading (6).
    profile: Literal["oss", "seed"] = "oss"
    # Whether the profile `seed` tells the id of a version that was saved (6.4).
    tells_version_id: bool = True
    # The plugin of the machines: one of 2024, which fits; one of 2025 draws literal seeds anew and fails (5.3).
    plugin: Literal["2024", "2025"] = "2024"
    # Whether the app of a built machine takes what the web app sends; the public builder's does not (5.3).
    built_machines_run: bool = False
    # How long a machine takes to answer that it accepts a run; the web app gives up after its limit (1.5).
    machine_answer_seconds: float = Field(default=0.0, ge=0)
    request_limit_seconds: float = Field(default=300.0, gt=0)
    keeps_results: bool = False
