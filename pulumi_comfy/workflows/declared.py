"""What a server's descriptions of inputs mean, where more than one reader must agree on it (3.5).

Facts: docs/workflow-documents.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["DYNAMIC", "DYNAMIC_COMBO", "chosen_inputs", "is_upload"]

DYNAMIC = "COMFY_"
"""How types of the newer node interface begin: inputs that bring others, outputs that fit anywhere."""

DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"
"""A choice that brings inputs of its own, named `choice.input`."""

_UPLOADS = ("image_upload", "animated_image_upload", "video_upload", "audio_upload", "file_upload")


def is_upload(options: Mapping[str, Any]) -> bool:
    """Whether an input takes a file that somebody uploaded; its choices are the files that are there."""
    return any(options.get(key) for key in _UPLOADS)


def chosen_inputs(options: Mapping[str, Any], chosen: object) -> Mapping[str, Any] | None:
    """The inputs that a choice brings, as a class declares its own; None when it is not one of the choices."""
    listed = options.get("options")
    for option in listed if isinstance(listed, list) else []:
        if isinstance(option, Mapping) and option.get("key") == chosen:
            inputs = option.get("inputs")
            return inputs if isinstance(inputs, Mapping) else {}
    return None
