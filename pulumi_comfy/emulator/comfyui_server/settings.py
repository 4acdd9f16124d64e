"""The server's own switches: which version it is, how it was started, and what stands on its disk."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pulumi_comfy.emulator.comfyui.installation import InstallationSettings

_REPLACED = {
    "T2IAdapterLoader": {
        "new_node_id": "ControlNetLoader",
        "input_mapping": [{"new_id": "control_net_name", "old_id": "t2i_adapter_name"}],
    }
}


class ComfyUISettings(InstallationSettings):
    """The defaults are a current server as one has it after the installation: no models, one user."""

    # The older one knows no jobs and no replaced classes.
    version: Literal["0.3.64", "0.19.3"] = "0.19.3"
    # What a client may call its prompt: anything, or a UUID in lower case, as the newest servers want it.
    prompt_ids: Literal["any", "uuid"] = "any"
    # Whether jobs can be cancelled one by one.
    has_job_cancel: bool = True
    # Started with `--multi-user`.
    multi_user: bool = False
    # Old class to its replacement, with which inputs go where.
    node_replacements: dict[str, dict[str, Any]] = _REPLACED
    max_body_bytes: int = Field(default=104857600, ge=1)

    @property
    def is_newer(self) -> bool:
        """Whether it is of late 2025 or after."""
        return self.version != "0.3.64"
