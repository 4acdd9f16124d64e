"""ComfyUI in production as code: workflows, GPU machines, secrets and deployments, each deploy proved by an inference.

``import pulumi_comfy as comfy; comfy.comfydeploy.Deployment("prod", ...)``

Platforms load on first use, so that the parts which need no Pulumi (the pytest plugin, the command line) start fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pulumi_comfy._version import __version__

if TYPE_CHECKING:
    from pulumi_comfy import comfycloud, comfydeploy, comfyui, runcomfy, selfhosted
    from pulumi_comfy.sdk.pins import pinned

__all__ = ["__version__", "comfycloud", "comfydeploy", "comfyui", "pinned", "runcomfy", "selfhosted"]


def __getattr__(name: str) -> Any:
    if name == "pinned":
        return import_module(f"{__name__}.sdk.pins").pinned
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
