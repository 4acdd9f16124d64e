"""The journal: the history of a project's promotions, kept in the same backend as its stacks.

It is a stack of its own, `history` of the project `<project>-promotions`, so every backend can hold it, whoever may
deploy the stacks can read it, and no `pulumi up` of the project's own program touches it. Each record is one `Stash`,
a resource that Pulumi itself has for a value: it needs no provider, and is never changed once it is there.

A record is appended by an `up` of a program of a few lines (`append_here`). It runs while the backend's lock is held,
asks what the stack holds, and stops where the record's number is taken: compare-and-swap, whatever the backend
and however many machines (docs/pulumi.md 7.1). The journal holds no secret, so its passphrase is the empty one.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from pulumi_comfy.promotion.records import Record
from pulumi_comfy.promotion.stack_names import parts_of
from pulumi_comfy.promotion.stacks import DeployError, LockedError, NoStackError, PulumiError, run

STACK = "history"
_TYPE = "pulumi:index:Stash"
_TAKEN = "the journal has moved on"
_PROGRAM = "from pulumi_comfy.promotion.journal import append_here\n\nappend_here()\n"
_RECORD = "record.json"
_LONGEST_WAIT_SECONDS = 120.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0


class MovedOnError(Exception):
    """Somebody else appended a record since the journal was read; nothing was written."""


class Journal(Protocol):
    """A project's history."""

    def read(self) -> list[Record]:
        """Give all records, the oldest first; none where nothing was ever promoted.

        Raises:
            PulumiError: it cannot be read.
        """

    def append(self, record: Record) -> None:
        """Add a record.

        Raises:
            MovedOnError: its number is taken.
            PulumiError: it cannot be written.
        """


class StackJournal:
    """The journal in the backend.

    Args:
        project: name of the project whose promotions they are.
        organization: the backend's, where stacks are named with it; the default one else.
    """

    def __init__(self, project: str, organization: str | None = None) -> None:
        self._project = f"{project}-promotions"
        self.stack = f"{organization}/{self._project}/{STACK}" if organization else STACK

    @classmethod
    def beside(cls, project: str, stack: str) -> StackJournal:
        """Give the journal of a stack, which may be named with its organisation: `acme/portrait/production`."""
        organization, its_project, _ = parts_of(stack, project)
        return cls(its_project, organization)

    def read(self) -> list[Record]:
        """Give all records."""
        with tempfile.TemporaryDirectory(prefix="pulumi-comfy-journal-") as folder:
            self._write_project(Path(folder))
            try:
                text = run(["stack", "export", "--stack", self.stack], Path(folder), env=_environment()).stdout
            except NoStackError:
                return []
        return records_in(json.loads(text))

    def append(self, record: Record) -> None:
        """Add a record; waits while another one is being added."""
        with tempfile.TemporaryDirectory(prefix="pulumi-comfy-journal-") as name:
            folder = Path(name)
            self._write_project(folder)
            (folder / "__main__.py").write_text(_PROGRAM, encoding="utf-8")
            (folder / _RECORD).write_text(json.dumps(record.to_wire()), encoding="utf-8")
            try:
                self._up(folder)
            except DeployError as failed:
                if _TAKEN in str(failed):
                    raise MovedOnError from None
                raise

    def _up(self, folder: Path) -> None:
        asked = ["up", "--yes", "--skip-preview", "--color", "never", "--stack", self.stack]
        try:
            self._run_unlocked(asked, folder)
        except NoStackError:
            self._make(folder)
            self._run_unlocked(asked, folder)

    def _write_project(self, folder: Path) -> None:
        described = {"name": self._project, "runtime": "python", "description": "History of promotions; keep it."}
        (folder / "Pulumi.yaml").write_text(json.dumps(described), encoding="utf-8")

    def _make(self, folder: Path) -> None:
        try:
            self._run_unlocked(["stack", "init", "--no-select", "--stack", self.stack], folder)
        except PulumiError as failed:
            if "already exists" not in str(failed):
                raise

    def _run_unlocked(self, asked: Sequence[str], folder: Path) -> None:
        """Run it once nobody else holds the journal: an append takes some seconds."""
        over, pause = time.monotonic() + _LONGEST_WAIT_SECONDS, _FIRST_PAUSE_SECONDS
        while True:
            try:
                run(asked, folder, env=_environment())
            except LockedError as locked:
                if locked.is_left:
                    run(["cancel", "--yes", "--stack", self.stack], folder, env=_environment())
                elif time.monotonic() > over:
                    raise
                time.sleep(random.uniform(pause / 2, pause))  # two that came at once shall not meet again
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            else:
                return


def _environment() -> dict[str, str]:
    """Give what its commands need: no secret, the Python that runs us, and nothing of the user's own program."""
    # In the environment the passphrase itself wins over the file of one.
    return {"PULUMI_CONFIG_PASSPHRASE": "", "PULUMI_PYTHON_CMD": sys.executable, "PYTHONPATH": _here()}


def _here() -> str:
    """Give a search path by which a program of another folder finds this package."""
    return os.pathsep.join(dict.fromkeys(entry or os.getcwd() for entry in sys.path))


def records_in(document: dict[str, Any]) -> list[Record]:
    """Give the records of a journal's exported document, the oldest first.

    Raises:
        PulumiError: something in it is no record.
    """
    resources = document["deployment"].get("resources") or []
    return _records(one["outputs"]["output"] for one in resources if one["type"] == _TYPE)


def _records(texts: Any) -> list[Record]:
    try:
        return sorted((Record.read(json.loads(text)) for text in texts), key=lambda record: record.seq)
    except ValueError:
        todo = "It was written by a later version of this package, or by a hand: install that version."
        got = "it holds something that is no record"
        raise PulumiError("COMFY5105", tried="read the journal", got=got, todo=todo) from None


def append_here() -> None:
    """Be the journal's program: declare the records that the stack holds, and the one of this folder."""
    import pulumi
    from pulumi.runtime import invoke_async

    new = Path(_RECORD).read_text(encoding="utf-8")
    seq = Record.read(json.loads(new)).seq
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"

    async def declare() -> int:
        answer = await invoke_async("pulumi:pulumi:readStackResourceOutputs", {"stackName": stack})
        held = {
            urn.rpartition("::")[2]: one["outputs"]["output"]
            for urn, one in answer["outputs"].items()
            if one["type"] == _TYPE
        }
        if len(held) + 1 != seq:
            raise pulumi.RunError(f"{_TAKEN}: it holds {len(held)} records, and this would be number {seq}")
        for name, text in {**held, f"{seq:06d}": new}.items():
            pulumi.Stash(name, input=text, opts=pulumi.ResourceOptions(protect=True))
        return seq

    pulumi.export("records", pulumi.Output.from_input(declare()))
