"""Timestamps, which ComfyDeploy writes in five spellings (docs/platforms/comfydeploy.md 1.6)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator


def _moment(told: Any, parse: ValidatorFunctionWrapHandler) -> datetime | None:
    """Read a timestamp in any of its five spellings, one of them malformed (1.6); None when it cannot be read."""
    text = told.removesuffix("+00Z") if isinstance(told, str) else told
    try:
        moment: datetime | None = parse(text)
    except ValidationError:
        return None
    return moment.replace(tzinfo=timezone.utc) if moment and moment.tzinfo is None else moment


Moment = Annotated[datetime | None, WrapValidator(_moment)]
"""A time in UTC. Never kept: it is for reckoning only."""
