"""Write a baseline: deploy `program.py` with the present version and keep its state and the platform's contents.

    .venv/bin/python tests/baselines/write.py comfydeploy
    .venv/bin/python tests/baselines/write.py runcomfy
    .venv/bin/python tests/baselines/write.py comfycloud
    .venv/bin/python tests/baselines/write.py comfyui
    .venv/bin/python tests/baselines/write.py selfhosted

makes, beside the platform's `program.py`, the folder `<version>+<commit>` with three files: `program.py` as it was,
`state.json` as `pulumi stack export --show-secrets` would print it (its secrets are made up), and `platform.json`, the
emulator's dump. The same seed and the same version give the same ids, but for names, which follow from the state's own
identity. The emulator's address is written as `ADDRESS`, as its port differs each time.

A baseline is written when a release, or a change of what the state holds, is finished; afterwards it is never edited.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from pulumi_comfy import __version__
from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import Stack, TestEngine

HERE = Path(__file__).resolve().parent
ADDRESS = "platform.invalid:1"
PROJECT, STACK = "baseline", "dev"


FOLDERS = {name: HERE / name for name in ("comfycloud", "comfyui", "runcomfy", "selfhosted")} | {"comfydeploy": HERE}
"""Where a platform's program and its baselines are."""


def set_up(emulated: Any, program: Any) -> None:
    """Let the emulated platform be what the program was deployed to."""
    for name, value in getattr(program, "SETTINGS", {}).items():
        setattr(emulated.settings, name, value)


def main(platform: str) -> None:
    """Write the baseline of the present version and commit for one platform."""
    commit = subprocess.run(["git", "rev-parse", "--short=7", "HEAD"], cwd=HERE, capture_output=True, check=True)
    folder = FOLDERS[platform] / f"{__version__}+{commit.stdout.decode().strip()}"
    folder.mkdir()
    for path in (*FOLDERS[platform].glob("program.py"), *FOLDERS[platform].glob("workflow*.json")):
        shutil.copy(path, folder)
    with Emulator(seed=0) as emulator, TestEngine() as engine:
        emulated = emulator.platforms[platform]
        spec = importlib.util.spec_from_file_location("baseline_program", folder / "program.py")
        program = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(program)
        set_up(emulated, program)
        getattr(program, "prepare", lambda _emulated: None)(emulated)
        stack = Stack(engine, project=PROJECT, stack=STACK, program=program.declare, env=dict(emulated.environment()))
        stack.up(parallel=1)
        stack.refresh(parallel=1)  # a secret has made a version of the machine that the machine's record does not know
        held = emulated.dump(include_secrets=True, include_deleted=True)
        for name, document in (("state.json", stack.state()), ("platform.json", held)):
            text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=name == "platform.json") + "\n"
            (folder / name).write_text(text.replace(emulator.url.removeprefix("http://"), ADDRESS), encoding="utf-8")
    sys.stdout.write(f"{folder}\n")


if __name__ == "__main__":
    main(sys.argv[1])
