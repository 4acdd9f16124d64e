"""What a platform supplies so that its targets can be checked: verbs, each told once; `prove` drives them."""

from __future__ import annotations

import json
import random
import shlex
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import Json
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.inference.nodes import unknown_outputs
from pulumi_comfy.inference.proof import Subject
from pulumi_comfy.inference.settings import CheckSettings

ClientT = TypeVar("ClientT")


_NODE_IDS = "expect.node_ids"
_SEEDS = 2**31


def fresh_seed() -> int:
    """Draw a seed for one that the program leaves open: no cached answer passes, and no other run has it."""
    return random.randrange(_SEEDS)


def without_texts(given: Mapping[str, Json]) -> dict[str, Json]:
    """Give run inputs with each text left for the reader to put in: any of them may be a secret of the program."""
    return {name: f"<{name}>" if isinstance(value, str) else value for name, value in given.items()}


def post_command(url: str, variable: str | None, body: Json) -> str:
    """Give the command that posts a body with the key that an environment variable holds; None: there is no key."""
    key = f'-H "Authorization: Bearer ${variable}" ' if variable else ""
    return f"curl -X POST {url} -H 'Content-Type: application/json' {key}-d {shlex.quote(json.dumps(body))}"


class Phase(Enum):
    """How far a run is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """One look at a run.

    Attributes:
        phase: how far it is.
        state: the platform's own word for it.
        line: what is worth showing while it lasts.
        run: what it made; only when it is done.
    """

    phase: Phase
    state: str
    line: str = ""
    run: Run | None = None


@dataclass(frozen=True)
class Run:
    """A run that succeeded, as the platform tells it.

    Attributes:
        id: the platform's.
        items: what it made.
        queue_seconds: how long it waited for a GPU and its cold start; None where the platform does not tell.
        seconds: how long it took; None likewise.
    """

    id: str
    items: Sequence[Item]
    queue_seconds: float | None = None
    seconds: float | None = None


class Runner(ABC, Generic[ClientT]):
    """One target that can be run, bound to a call.

    Args:
        call: the call that checks it.
    """

    def __init__(self, call: Call[ClientT]) -> None:
        self.call = call

    target: ClassVar[str]
    """What is run, in words, e.g. `deployment`."""
    given_as: ClassVar[str] = "inputs"
    """The check's setting that holds what a run is given."""
    if_changed: ClassVar[str] = "Find out who changes it."
    """What to do where `changed_meanwhile` tells of something: a sentence."""

    @property
    @abstractmethod
    def target_id(self) -> str:
        """The platform's id of it."""

    @abstractmethod
    def problems(self, check: CheckSettings) -> Sequence[str]:
        """Say what of the check's run inputs the target does not take, the nearest names listed."""

    @abstractmethod
    def given(self, check: CheckSettings) -> Mapping[str, Json]:
        """Give what a run is given, with fresh seeds where the program leaves them open."""

    @abstractmethod
    async def start(self, given: Mapping[str, Json], check: CheckSettings) -> str:
        """Begin a run and give its id, also where the answer is lost and the run can be told from others.

        Raises:
            LostAnswerError: a run may have begun, and it is not known which.
        """

    @abstractmethod
    async def look(self, run_id: str) -> Progress:
        """Look at a run."""

    @abstractmethod
    async def cancel(self, run_id: str) -> str:
        """Cancel a run that may go on; give why it could not be, or an empty text."""

    @abstractmethod
    def command(self, given: Mapping[str, Json]) -> str:
        """Give the command that repeats a run. Texts among what it was given are left for the reader to put in."""

    def subject(self) -> Subject:
        """Give what a run runs, as far as it is known without another call; nothing is guessed."""
        return Subject()

    async def changed_meanwhile(self) -> str:
        """Say what a hand has put in the place of what was to be checked; an empty text where none is known."""
        return ""

    async def last_lines(self, run_id: str) -> Sequence[str]:  # noqa: ARG002
        """Give the run's last log lines, as far as the platform keeps any."""
        return ()

    async def where(self) -> str:
        """Give the end of a sentence that says where it ran, where a person must look elsewhere; empty otherwise."""
        return ""

    async def fetch(self, item: Item, tried: str) -> tuple[bytes, str]:
        """Fetch one file; give its bytes and its MIME type."""
        http: Any = self.call.client
        body, content_type = await http.http.download(item.url or "", tried=tried)
        return body, str(content_type).split(";")[0].strip()

    def nodes(self) -> Mapping[str, Any]:
        """Give the nodes of the API prompt that it runs, by id; empty where they are not known."""
        return {}

    def misfit(self, check: CheckSettings, place: str, tried: str | None = None) -> InputError | None:
        """Give the refusal of what the target does not take or does not have; None where nothing speaks against it.

        Args:
            check: the check's settings.
            place: the path of the property that holds them, e.g. `inference_check.`; empty for the resource itself.
            tried: what was tried, where that is no property.
        """
        problems, absent = self.problems(check), unknown_outputs(check, self.nodes())
        if not problems and not absent:
            return None
        if not problems and tried is None:
            return InputError("COMFY1202", tried=f"{place}{_NODE_IDS}", got="; ".join(absent))
        got = "; ".join((*problems, *(f"`{_NODE_IDS}`: {one}" for one in absent)))
        return InputError("COMFY1202", tried=tried or f"{place}{self.given_as}", got=got)

    def refuse_unknown(self, check: CheckSettings) -> None:
        """Refuse what the target does not take, before anything is spent.

        Raises:
            InputError: names it.
        """
        refused = self.misfit(check, "", f'check "{self.call.name}"')
        if refused is not None:
            raise refused
