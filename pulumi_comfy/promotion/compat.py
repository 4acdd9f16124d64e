"""Whether those who call what a stack serves can go on as they do: its run inputs before and after."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pulumi_comfy.inference.proof import ProofInput

_BY_NODE = re.compile(r"\d+(:\d+)*\..+")
"""`<node>.<input>`: its type is that of the saved value, which may be whole today and a fraction tomorrow."""


def breaking_changes(old: Sequence[ProofInput], new: Sequence[ProofInput]) -> list[str]:
    """Say what stops callers: an input that is gone, one that must be given now, one of another type.

    A whole number may be given where fractions are taken, so that way is no change.

    Args:
        old: what callers can give today.
        new: what they could give then.

    Returns:
        One clause each, by the inputs' names; empty where everybody can go on.
    """
    before, after = {one.name: one for one in old}, {one.name: one for one in new}
    said: dict[str, str] = {}
    for name in before.keys() - after.keys():
        said[name] = f"run input `{name}` is gone"
    for name in after.keys() - before.keys():
        if not after[name].has_default:
            said[name] = f"run input `{name}` is new and must be given"
    for name in before.keys() & after.keys():
        was, now = before[name], after[name]
        if not _takes(now, was):
            said[name] = f"run input `{name}` is {now.type} now, and was {was.type}"
        elif was.has_default and not now.has_default:
            said[name] = f"run input `{name}` must be given now"
    return [said[name] for name in sorted(said)]


def _takes(now: ProofInput, was: ProofInput) -> bool:
    numbers = {"integer", "float"}
    if now.type == was.type or (was.type, now.type) == ("integer", "float"):
        return True
    return {was.type, now.type} == numbers and _BY_NODE.fullmatch(now.name) is not None
