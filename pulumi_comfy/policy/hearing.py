"""What the engine tells a pack of the stack: name, configuration, whether it is a preview, and which values are secret.

Newer engines tell it by one call (`ConfigureStack`), of which Pulumi's policy library keeps the tags only, older ones
by environment variables. So we listen to that call: a rule that goes by the environment must know it. Where the library
has changed, what the variables say still holds (docs/pulumi.md 4.3).
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pulumi_policy.policy
from google.protobuf import json_format

from pulumi_comfy.configuration import ENVIRONMENT, PRICES
from pulumi_comfy.policy.resources import Surroundings
from pulumi_comfy.policy.values import plain

_heard: Surroundings | None = None


def listen() -> None:
    """Hear from now on what the engine tells of the stack, and which values are secret."""
    _hear_before("ConfigureStack", hear)
    _hear_before("Analyze", lambda request: hear_secrets([request]))
    _hear_before("AnalyzeStack", lambda request: hear_secrets(request.resources))


def _hear_before(call: str, tell: Callable[[Any], None]) -> None:
    servicer: Any = getattr(pulumi_policy.policy, "_PolicyAnalyzerServicer", None)
    asked = getattr(servicer, call, None)
    if asked is None or hasattr(asked, "__wrapped__"):
        return

    @functools.wraps(asked)
    def heard(self: Any, request: Any, context: Any) -> Any:
        tell(request)
        return asked(self, request, context)

    setattr(servicer, call, heard)


def hear_secrets(resources: Iterable[Any]) -> None:
    """Mask in every message what the engine marks as secret: Pulumi's policy library takes the marks off."""
    for one in resources:
        plain(json_format.MessageToDict(one.properties))


def hear(request: Any) -> None:
    """Keep what a `ConfigureStack` request tells."""
    global _heard
    _heard = _of(request.stack, request.project, dict(request.config), is_preview=request.dry_run)


def surroundings() -> Surroundings:
    """Give what was heard, else what the environment variables tell; the moment is this one."""
    if _heard is not None:
        return replace(_heard, now=datetime.now(timezone.utc))
    try:
        config = json.loads(os.environ.get("PULUMI_CONFIG") or "{}")
    except ValueError:
        config = {}
    told = os.environ.get
    is_preview = told("PULUMI_DRY_RUN") == "true"
    return _of(told("PULUMI_STACK", ""), told("PULUMI_PROJECT", ""), config, is_preview=is_preview)


def _of(stack: str, project: str, config: Mapping[str, str], *, is_preview: bool) -> Surroundings:
    """Keep of the configuration, which holds secrets in the clear, the two values that rules go by."""
    return Surroundings(stack, project, ENVIRONMENT.value(config), is_preview, PRICES.value(config))
