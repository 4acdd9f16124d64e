"""What policies and the lines about costs add to a preview."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile, copytree
from tempfile import TemporaryDirectory

from bench.engines import MANY, Measured, platform, stack_on, timed
from bench.service import PROGRAMS, PROMPT_FILE
from pulumi_comfy.testing import PolicyPack, TestEngine
from pulumi_comfy.testing.plugin import PRELOAD

ROUNDS = 5
MOST_ADDED = 1.10


def policy_rows() -> Iterator[Measured]:
    """A preview of many new resources, with the pack and the lines and without both, in turn on the test engine."""
    with TemporaryDirectory() as folder, platform() as emulator, TestEngine(preload=PRELOAD) as engine:
        program = Path(copytree(PROGRAMS / "governed", Path(folder) / "governed"))
        copyfile(PROMPT_FILE, program / "workflow.json")
        (program / "count.txt").write_text(str(MANY))
        both, none = (stack_on(emulator, engine, name, program) for name in ("both", "none"))
        for stack in (both, none):
            stack.set_config("comfy:environment", "production")
        both.policies = PolicyPack()
        none.set_config("comfy:costs", "off")
        seconds: dict[str, list[float]] = {"both": [], "none": []}
        for stack in (both, none):
            stack.preview()
        for _ in range(ROUNDS):
            for stack in (both, none):
                seconds[stack.name].append(timed(stack.preview))
    ratio = min(seconds["both"]) / min(seconds["none"])  # what else runs on this machine only adds
    what = f"a preview of {MANY} with policies and costs, against one without"
    yield what, f"{ratio:.2f}", f"<= {MOST_ADDED:.2f}", ratio <= MOST_ADDED
