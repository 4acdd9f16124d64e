"""Two promotions at the same moment: one wins, the other is told so, and nothing is half-written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from services import OnRunComfy
from worlds import EngineWorld

from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.promotion.means import Means
from pulumi_comfy.promotion.promote import Wish, promote

pytestmark = pytest.mark.apart

TIMES = 20


@pytest.fixture
def service(world, emulator) -> OnRunComfy:
    return OnRunComfy(world(OnRunComfy.example), emulator)


def _race(world: EngineWorld) -> list[str]:
    """Promote twice at once; how each ended."""
    ended: list[str] = []
    both_have_looked = threading.Barrier(2, timeout=60)

    def show(_plan) -> None:
        both_have_looked.wait()

    def run() -> None:
        means = Means(world.stacks, world.journal, lambda _line: None, show, lambda: True)
        try:
            ended.append(promote(means, Wish("dev", "staging")).ended)
        except OutcomeError as error:
            ended.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def test_of_two_that_have_both_looked_exactly_one_wins_twenty_times(service):
    world = service.world
    for number in range(1, TIMES + 1):
        assert _race(world) == ["COMFY5101", "promoted"], number
        assert service.served()["staging"] == f"v{number}"
        assert [one["outcome"] for one in world.history()] == ["promoted"] * number
        service.something_new()


def test_for_real_in_one_folder_and_in_two_checkouts_exactly_one_wins(cli_world, emulator, tmp_path):
    service = OnRunComfy(cli_world(OnRunComfy.example), emulator)
    world = service.world
    other = shutil.copytree(world.folder, tmp_path / "other checkout")
    for number in range(1, 1 + int(os.environ.get("COMFY_TEST_RACES", "2"))):
        folders = [world.folder, world.folder if number % 2 else other]
        before = [file.read_bytes() for folder in folders for file in [folder / "Pulumi.staging.yaml"]]

        codes = _race_for_real(world, folders)

        assert codes[0] == 0, codes
        late = 0 if len(set(folders)) == 1 else 1  # there is nothing to do, or another checkout is told that it is old
        assert codes[1] in (late, 5), codes
        promoted = [one for one in world.history() if one["outcome"] == "promoted"]
        assert (len(promoted), len(world.history())) == (number, number)
        assert service.served()["staging"] == f"v{number}"
        changed = [folder for folder, was in zip(folders, before, strict=True) if _file(folder) != was]
        assert len(set(changed)) == 1
        if changed[0] != world.folder:  # what a commit and a pull do
            shutil.copy(changed[0] / "Pulumi.staging.yaml", world.folder)
        service.something_new()
        for file in world.folder.glob("Pulumi.*.yaml"):
            if (other / file.name).read_bytes() != file.read_bytes():
                shutil.copy(file, other)


def _file(folder: Path) -> bytes:
    return (folder / "Pulumi.staging.yaml").read_bytes()


def _race_for_real(world, folders: list[Path]) -> list[int]:
    command = [sys.executable, "-m", "pulumi_comfy.cli", "promote", "--from", "dev", "--to", "staging", "--yes"]
    env = {**os.environ, **world.env}
    running = [
        subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for folder in folders
    ]
    return sorted(process.wait() for process in running)
