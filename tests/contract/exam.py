"""What a platform hands in to sit the exam: its kinds of objects, and why one is excused from a question.

`tests/<platform>/<platform>_kinds.py` holds it as `EXAMINEE`. The questions are the tests of this folder;
CONTRIBUTING.md tells how a platform sits them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from pulumi_comfy.configuration import PLATFORMS, PlatformSettings
from pulumi_comfy.core.platform import Platform, platform_of
from pulumi_comfy.emulator import Emulator

TESTS = Path(__file__).resolve().parents[1]

RECOVERY = "what_a_killed_create_left_is_known_as_ours"
"""The question about kills; who is excused from it is refused with the id of what was left, or makes it anew."""

Row = dict[str, Any]
Route = tuple[str, str]
ByHand = Callable[[httpx.Client, Row], Any]
"""What somebody does to an object behind Pulumi's back."""


def nothing(*_: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A resource as programs declare it, named `it`.

    Attributes:
        resource: its class.
        needs: declares, in a program, the resources that it needs, and gives the arguments that follow from them; None
            where what is made by hand serves programs too.
        needs_by_hand: makes the same by hand, on the emulated platform or through its API, and gives the arguments.
        held: the arguments that are ids of what another resource of the stack holds.
        arguments: what it is declared with.
        secrets: arguments that the platform takes, for every input, each with `canaries.WORD` and an edition in it.
        left_out: inputs that are among none of these, each with the reason.
        missing: an id of nothing that is there, where the platform's are no UUIDs.
        repeats: lets the platform repeat a text in the log of what it does for such a resource.
        excused: questions that it is not asked, each with the reason. A question is the name of a test of this
            folder without `test_`, or one case of it: `name[case]`.
    """

    resource: Any
    needs: Callable[[], dict[str, Any]] | None = None
    needs_by_hand: Callable[[Any, httpx.Client], dict[str, Any]] = nothing
    held: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    secrets: Callable[[str], dict[str, Any]] = nothing
    left_out: Mapping[str, str] = field(default_factory=dict)
    missing: str = "00000000-0000-4000-8000-000000000000"
    repeats: Callable[[Any, str], Any] = nothing
    excused: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The kind's, as in its token."""
        return str(self.resource.__name__)


@dataclass(frozen=True, kw_only=True)
class Kind(Declared):
    """One sort of object of a platform.

    Attributes:
        rows: all live objects of the kind on the emulated platform, whoever made them, each with its `id`.
        edit: arguments that change it.
        edited: what the edit must leave on the platform: a field and its value.
        edit_op: what the engine does with the edit.
        keeps_id: whether the platform can make that change to the object itself.
        main: the request that each of create, read, update and delete is about; without a delete nothing is removed.
        remove: takes the object away behind Pulumi's back.
        drift: changes it behind Pulumi's back.
        restored: the field that drifts; `up` brings its former value back.
        namesake: makes a foreign object with its natural key, or the nearest thing that the platform allows.
        namesake_arguments: what `it` is declared with, to have that key; none where its key is not a name.
        unfinished: lets the next create make the object and then fail, with the arguments for it.
        untold: outputs that the platform does not tell: what the stack did, and what it was given once.
        runs_on_the_cli: whether it stands for all kinds of its platform on the real CLI, which takes seconds.
    """

    rows: Callable[[Any], list[Row]]
    edit: Mapping[str, Any]
    edited: tuple[str, Any]
    edit_op: str = "update"
    keeps_id: bool = True
    main: Mapping[str, Route]
    remove: ByHand
    drift: ByHand = nothing
    restored: str = ""
    namesake: ByHand
    namesake_arguments: Mapping[str, Any] = field(default_factory=lambda: {"name": "the-name"})
    unfinished: Callable[[Emulator], Any] = nothing
    unfinished_arguments: Mapping[str, Any] = field(default_factory=dict)
    untold: frozenset[str] = frozenset()
    runs_on_the_cli: bool = False

    @property
    def is_removed(self) -> bool:
        """Whether anything ever removes one."""
        return "delete" in self.main


class Estate(ABC):
    """A program with an object of each kind that the platform keeps, and a check of what serves.

    Attributes:
        holds: how many objects it leaves on the platform, by table.
    """

    holds: Mapping[str, int]

    @abstractmethod
    def __call__(self) -> None:
        """Declare it."""

    @abstractmethod
    def updated(self) -> None:
        """Change what can be changed in place, the next time."""

    @abstractmethod
    def replaced(self) -> None:
        """Change what replaces an object, the next time."""

    @abstractmethod
    def rows(self, emulated: Any) -> dict[str, list[Row]]:
        """All live objects of the kinds that it declares, by table."""


@dataclass(frozen=True, kw_only=True)
class Runs:
    """How a platform runs what is checked.

    Attributes:
        rows: every run on the emulated platform, oldest first, each with its `id` and a `status` that is `success`,
            `failed` or `cancelled` at the end.
        start: the request that begins one; `look` and `cancel` likewise.
        files: how the path of an output file's URL begins.
        given: settings of a check, as they are on the wire, of a run that passes: with a text among its inputs, and
            with a seed, or with one that is left open.
        seed_of: the seed that a run was given.
        unknown: settings that name an input which there is not.
        nearest: the name that the error about it lists.
        stays_queued: lets the next run stay in the queue.
        alone: the `InferenceCheck`.
        target: the kind that takes an `inference_check`; None where nothing is deployed.
        ready: waits until a new target can run, and takes out of its arguments what no rollback can bring back.
        another: arguments that let the target serve another version, which is checked.
        version: the field of the target's row that tells which version it serves.
        versions_in: the same, among what `another` gives.
        unchecked: arguments whose change is not checked.
    """

    rows: Callable[[Any], list[Row]]
    start: Route
    look: Route
    cancel: Route
    files: str = "/files/"
    given: Callable[[str, int | None], dict[str, Any]]
    seed_of: Callable[[Row], Any]
    unknown: Mapping[str, Any]
    nearest: str
    stays_queued: Callable[[Emulator], Any]
    alone: Declared
    target: str | None = None
    ready: Callable[[Any], Any] = nothing
    another: Callable[[Any], dict[str, Any]] = nothing
    version: str = ""
    versions_in: Callable[[dict[str, Any]], Collection[Any]] = lambda arguments: arguments.values()
    unchecked: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Examinee:
    """One platform that sits the exam.

    Attributes:
        key: the first part of its tokens, and the name of its folder.
        kinds: its objects.
        estate: makes a program with one of everything, on the empty emulated platform.
        other_key: mints a key of another account.
        runs: how what it serves is checked; None where nothing runs.
        quicken: lets an empty emulated platform take no time worth waiting for.
        is_busy: whether the platform still works on what a killed process has asked for.
        hooks: of the HTTP client that does things by hand (see `httpx.Client.event_hooks`).
        profile: which server of the platform's it is, where there are several kinds; `quicken` lets it be that one.
        lacks: what the platform has in another profile and not in this one.
        excused: questions about the platform as a whole that it is not asked, each with the reason.
    """

    key: str
    kinds: Mapping[str, Kind]
    estate: Callable[[Any], Estate]
    other_key: Callable[[Any], str]
    runs: Runs | None = None
    quicken: Callable[[Emulator], Any] = nothing
    is_busy: Callable[[Any], bool] = lambda _emulated: False
    hooks: Callable[[Emulator], dict[str, list[Callable[..., Any]]]] = nothing
    profile: str = ""
    lacks: Mapping[str, Declared] = field(default_factory=dict)
    excused: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.key}-{self.profile}" if self.profile else self.key

    @cached_property
    def platform(self) -> Platform[Any]:
        return platform_of(self.key)

    @property
    def settings(self) -> PlatformSettings:
        return PLATFORMS[self.key]

    @property
    def declared(self) -> dict[str, Declared]:
        """Everything that a program can declare."""
        alone = {self.runs.alone.name: self.runs.alone} if self.runs else {}
        return {**self.kinds, **alone}

    def emulated(self, emulator: Emulator) -> Any:
        return emulator.platforms[self.key]


@dataclass(frozen=True)
class Entry:
    """One resource of one platform."""

    examinee: Examinee
    name: str

    def __str__(self) -> str:
        return f"{self.examinee}-{self.name}"

    @property
    def declared(self) -> Any:
        return {**self.examinee.declared, **self.examinee.lacks}[self.name]


@cache
def examinees() -> list[Examinee]:
    """Every platform that has handed something in, in alphabetical order."""
    found = []
    for place in sorted(TESTS.glob("*/*_kinds.py")):
        if str(place.parent) not in sys.path:
            sys.path.append(str(place.parent))
        handed_in = import_module(place.stem)
        found += getattr(handed_in, "EXAMINEES", None) or [handed_in.EXAMINEE]
    return found


def entries(is_asked: Callable[[Declared], bool] = lambda _one: True) -> list[Entry]:
    return [Entry(one, name) for one in examinees() for name, declared in one.declared.items() if is_asked(declared)]


VOLATILE = ("status", "serving_version_id", "machine_hash", "machine_version", "modal_app_id", "build_log")
"""What changes on a platform while nobody touches the object, as a build does."""


def fingerprint(row: Row) -> str:
    """What a row says, short enough to compare and to print."""
    told = json.dumps({key: value for key, value in row.items() if key not in VOLATILE}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:8]
