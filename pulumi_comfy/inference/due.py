"""Whether a check is due, and its beginning and end as every target has them."""

from __future__ import annotations

from typing import Any

from pulumi_comfy.core.call import Call
from pulumi_comfy.inference.prove import Failed, prove
from pulumi_comfy.inference.runner import Runner
from pulumi_comfy.inference.settings import CheckResult, CheckSettings

_WORDS = {"failed": "failed", "skipped": "was skipped"}


def why_due(last: CheckResult | None) -> str | None:
    """Say why a declared check is due although nothing changed; None when the last one passed."""
    if last is None:
        return "it was never checked"
    return None if last.status == "passed" else f"its last inference check {_WORDS.get(last.status, last.status)}"


def skipped(call: Call[Any]) -> CheckResult:
    """Say that checks are off."""
    call.warn("not checked: comfy:inferenceChecks is off")
    return CheckResult(status="skipped")


async def check(runner: Runner[Any], asked: CheckSettings | None) -> CheckResult | Failed | None:
    """Run the declared check, unless checks are off; None when none is declared."""
    call = runner.call
    if asked is None:
        return None
    if not call.checks_enabled:
        return skipped(call)
    found = await prove(runner, asked)
    if isinstance(found, CheckResult):
        call.inform(found.summary)
    return found
