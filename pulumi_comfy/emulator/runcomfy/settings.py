"""RunComfy's own switches: where its sources disagree or are silent, which reading applies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pulumi_comfy.emulator.settings import Adjustable


class RunComfySettings(Adjustable):
    """The defaults are the newest clients' reading."""

    # Instances: 0 to 30 and 1 to 60, or the older 0 to 3 and 1 to 10.
    limits: Literal["current", "legacy"] = "current"
    # What a missing or unknown token is answered: 401 with 401001, 403 with a bare message, or 200 with 403003.
    bad_token: Literal["coded", "message", "coded in 200"] = "coded"
    # How every error is told.
    error_shape: Literal["coded", "coded in 200", "message", "error", "detail", "html"] = "coded"
    # The status of 10001, 10002 and 10003, which nobody published.
    gating_status: int = Field(default=400, ge=200, le=599)
    patch_needs_name: bool = True
    get_shows_payload: bool = False
    overrides_needed: bool = True
    # A result asked for too early: its status, or an error.
    early_result: Literal["status", "error"] = "status"
    cancelled_word: Literal["cancelled", "canceled"] = "cancelled"
    # What a cancel is answered: `outcome` beside a completed status, or the status `cancellation_requested` alone.
    cancel_answer: Literal["outcome", "status"] = "outcome"
    cancel_seconds: float = Field(default=0.0, ge=0)
    # What a failed result holds in `error`.
    failure: Literal["list", "object", "text"] = "list"
    # When a version that no deployment uses any more is removed.
    version_removal: Literal["by a save", "when unprotected", "at the next run"] = "by a save"
    disabled_protects: bool = True
