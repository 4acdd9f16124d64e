"""The configuration of every platform: declared once, read by the programs, the shells, the schema and the docs.

Standard library only. The environment wins over the stack's configuration: `pulumi refresh` and `pulumi destroy` run
with the configuration *stored in the state*, so after a rotation only the environment can bring the new key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

NAMESPACE = "comfy"


@dataclass(frozen=True)
class Setting:
    """One configuration value.

    Attributes:
        key: the name below `comfy:`.
        environment: the environment variable that wins over it.
        description: one full sentence.
        default: used when neither is set; None when there is none.
        is_secret: a credential; refused when set without `--secret`.
    """

    key: str
    environment: str
    description: str
    default: str | None = None
    is_secret: bool = False

    def named(self, connection: str | None) -> Setting:
        """Give the setting of a named connection: `comfydeployApiKey_acme`, `COMFYDEPLOY_API_KEY_ACME`."""
        if not connection:
            return self
        return replace(self, key=f"{self.key}_{connection}", environment=f"{self.environment}_{connection.upper()}")

    def value(self, configured: Mapping[str, str] | Callable[[str], str | None]) -> str | None:
        """Give the value in force: the environment's, the stack's, the default."""
        get = configured.get if isinstance(configured, Mapping) else configured
        return os.environ.get(self.environment) or get(f"{NAMESPACE}:{self.key}") or self.default


@dataclass(frozen=True)
class PlatformSettings:
    """Where a platform is, with what it is asked, and what else can be set of it.

    Attributes:
        url: its address.
        key: the credential; None where it takes none.
        user: who asks, where it takes no credential and may have several users.
        others: what else.
    """

    url: Setting
    key: Setting | None
    user: Setting | None = None
    others: tuple[Setting, ...] = ()

    def credential_of(self, connection: str | None) -> Setting:
        """Give the setting that tells one connection from another: its key, or its address where there is none."""
        return (self.key or self.url).named(connection)


PLATFORMS = {
    "comfycloud": PlatformSettings(
        key=Setting(
            "comfycloudApiKey",
            "COMFY_CLOUD_API_KEY",
            "API key of the Comfy Cloud workspace, from its API keys page.",
            is_secret=True,
        ),
        url=Setting(
            "comfycloudUrl",
            "COMFY_CLOUD_URL",
            "Base URL of Comfy Cloud.",
            default="https://cloud.comfy.org",
        ),
    ),
    "comfydeploy": PlatformSettings(
        key=Setting(
            "comfydeployApiKey",
            "COMFYDEPLOY_API_KEY",
            "API key of the ComfyDeploy account or organisation, from its API keys page.",
            is_secret=True,
        ),
        url=Setting(
            "comfydeployUrl",
            "COMFYDEPLOY_URL",
            "Base URL of ComfyDeploy's API, ending in `/api`.",
            default="https://api.comfydeploy.com/api",
        ),
    ),
    "comfyui": PlatformSettings(
        key=None,
        url=Setting(
            "comfyuiUrl",
            "COMFYUI_URL",
            "URL of the ComfyUI server.",
            default="http://127.0.0.1:8188",
        ),
        user=Setting(
            "comfyuiUser",
            "COMFYUI_USER",
            "Id of the user whose workflows they are, on a server with several users (`--multi-user`).",
        ),
    ),
    "runcomfy": PlatformSettings(
        key=Setting(
            "runcomfyApiKey",
            "RUNCOMFY_API_KEY",
            "API token of the RunComfy account, from its profile page.",
            is_secret=True,
        ),
        url=Setting(
            "runcomfyUrl",
            "RUNCOMFY_URL",
            "Base URL of RunComfy's Serverless API.",
            default="https://api.runcomfy.net",
        ),
        others=(
            Setting(
                "runcomfyQueueVersion",
                "RUNCOMFY_QUEUE_VERSION",
                "Version of the queue's routes that runs go through: `v1` or `v2`.",
                default="v1",
            ),
            Setting(
                "runcomfyInstanceCeiling",
                "RUNCOMFY_INSTANCE_CEILING",
                "The most instances that a deployment of this stack may be given.",
                default="60",
            ),
        ),
    ),
    "selfhosted": PlatformSettings(
        key=Setting(
            "selfhostedApiKey",
            "SELFHOSTED_API_KEY",
            "API key of a self-hosted ComfyUI Deploy, from its page `/api-keys`.",
            is_secret=True,
        ),
        url=Setting(
            "selfhostedUrl",
            "SELFHOSTED_URL",
            "URL of the self-hosted ComfyUI Deploy.",
            default="http://localhost:3000",
        ),
    ),
}
"""One row a platform, by the first part of its tokens."""

INFERENCE_CHECKS = Setting(
    "inferenceChecks",
    "COMFY_INFERENCE_CHECKS",
    "Whether inference checks run in this stack: `on` or `off`. Each costs GPU time.",
    default="on",
)

ENVIRONMENT = Setting(
    "environment",
    "COMFY_ENVIRONMENT",
    "Environment that this stack is of, e.g. `production`; policies go by it.",
)

COSTS = Setting(
    "costs",
    "COMFY_COSTS",
    "Whether a preview says what a change costs: `on` or `off`.",
    default="on",
)

PRICES = Setting(
    "prices",
    "COMFY_PRICES",
    "JSON file of prices that win over the package's own, absolute or relative to the project: "
    "`pulumi-comfy prices --refresh` writes it.",
)

SETTINGS = (
    *(one for row in PLATFORMS.values() for one in (row.key, row.url, row.user, *row.others) if one),
    INFERENCE_CHECKS,
    ENVIRONMENT,
    COSTS,
    PRICES,
)
"""All of them."""

PINS = "pins"
"""Key of a stack's pins (`docs/configuration.md`): an object, written by a promotion, read by `pulumi_comfy.pinned`. No
environment variable wins over it, and no connection has its own."""

_ALL_BUT_ONE = 0.85
"""How much alike two keys must be: one letter more or less, or another case."""


def misspelt_keys(full_keys: Iterable[str]) -> Iterator[str]:
    """Say of each key that is all but one of ours what was meant: a project that is itself called `comfy` has its own.

    Args:
        full_keys: with their namespace.
    """
    ours = {key.casefold(): key for key in (*(setting.key for setting in SETTINGS), PINS)}
    prefix = f"{NAMESPACE}:"
    for full_key in full_keys:
        key = full_key.removeprefix(prefix)
        is_known = key in ours.values() or key.startswith(tuple(f"{known}_" for known in ours.values()))
        if key == full_key or is_known:
            continue
        from difflib import get_close_matches  # only here: every program imports this module, few have such a key

        for close in get_close_matches(key.casefold(), ours, n=1, cutoff=_ALL_BUT_ONE):
            yield f"{full_key}, which nothing reads: did you mean {prefix}{ours[close]}? [COMFY1104]"
