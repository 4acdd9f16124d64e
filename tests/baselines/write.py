"""Write a baseline: deploy `program.py` with the present version and keep its state and the platform's contents.

    .venv/bin/python tests/baselines/write.py

makes the folder `<version>+<commit>` with three files: `program.py` as it was, `state.json` as `pulumi stack export
--show-secrets` would print it (its secrets are made up), and `platform.json`, the emulator's dump. The same seed and
the same version give the same ids, but for names, which follow from the state's own identity. The emulator's address is
written as `ADDRESS`, as its port differs each time.

A baseline is written when a release, or a change of what the state holds, is finished; afterwards it is never edited.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

from pulumi_comfy import __version__
from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import Stack, TestEngine

HERE = Path(__file__).resolve().parent
ADDRESS = "platform.invalid:1"
PROJECT, STACK = "baseline", "dev"


def main() -> None:
    """Write the baseline of the present version and commit."""
    commit = subprocess.run(["git", "rev-parse", "--short=7", "HEAD"], cwd=HERE, capture_output=True, check=True)
    folder = HERE / f"{__version__}+{commit.stdout.decode().strip()}"
    folder.mkdir()
    for name in ("program.py", "workflow.json", "workflow.api.json"):
        shutil.copy(HERE / name, folder)
    with Emulator(seed=0) as emulator, TestEngine() as engine:
        env = {"COMFYDEPLOY_URL": emulator.comfydeploy.url, "COMFYDEPLOY_API_KEY": emulator.comfydeploy.key()}
        spec = importlib.util.spec_from_file_location("baseline_program", folder / "program.py")
        program = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(program)
        stack = Stack(engine, project=PROJECT, stack=STACK, program=program.declare, env=env)
        stack.up(parallel=1)
        stack.refresh(
            parallel=1
        )  # the secret has made a version of the machine that the machine's record does not know
        held = emulator.comfydeploy.dump(include_secrets=True, include_deleted=True)
        for name, document in (("state.json", stack.state()), ("platform.json", held)):
            text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=name == "platform.json") + "\n"
            (folder / name).write_text(text.replace(emulator.url.removeprefix("http://"), ADDRESS), encoding="utf-8")
    sys.stdout.write(f"{folder}\n")


if __name__ == "__main__":
    main()
