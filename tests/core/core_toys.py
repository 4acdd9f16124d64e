"""A small platform in memory and its handler: what the lifecycle is tried on. Failures are asked for by name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from pulumi_comfy.configuration import PlatformSettings, Setting
from pulumi_comfy.core.attempts import Attempts
from pulumi_comfy.core.call import Call, Level
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.connection import Connection
from pulumi_comfy.core.errors import InputError, LostAnswerError, OutcomeError, StatusError
from pulumi_comfy.core.memory import Facts, Memory
from pulumi_comfy.core.model import (
    AUTOMATIC,
    BULK,
    FLOAT32,
    HELD,
    LEFT_ALONE,
    LOCAL,
    PERMANENT,
    REPLACES,
    SECRET,
    UNORDERED,
    WRITE_ONLY,
    Model,
)
from pulumi_comfy.core.names import Urn, automatic_name
from pulumi_comfy.core.platform import Platform
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State

URN = Urn.parse("urn:pulumi:dev::shop::pulumi-python:toys:Kettle::blue")
RED = Urn.parse("urn:pulumi:dev::shop::pulumi-python:toys:Kettle::red")
"""Another resource of the same program."""
IDENTITY = "organization/7a5f1c9e"
AUTOMATIC_NAME = automatic_name(IDENTITY, URN)
FACTS = Facts(identity=IDENTITY, held={})
"""What a program tells whose state holds nothing of the kind yet."""
SCOPE = "toys.example/org_1"

ResultT = TypeVar("ResultT")


class Lid(Model):
    """A nested model."""

    color: Annotated[str, Field(min_length=2)]
    is_tight: bool = True


class KettleInputs(Model):
    """One field for each mark."""

    name: Annotated[str | None, AUTOMATIC] = None
    size: Annotated[int, REPLACES, Field(ge=1)] = 1
    power: Annotated[float | None, FLOAT32, Field(gt=0)] = None
    tags: Annotated[list[str], UNORDERED] = []
    labels: dict[str, str] = {}
    lid: Lid | None = None
    code: Annotated[str | None, SECRET] = None
    note: Annotated[str | None, WRITE_ONLY] = None
    manual: Annotated[str | None, BULK] = None
    mode: Literal["slow", "fast"] = "slow"
    handle: Annotated[str | None, PERMANENT] = None
    stand: Annotated[str | None, LEFT_ALONE] = None
    spout: Annotated[str | None, HELD] = None
    rollout: Annotated[str | None, LOCAL] = None
    adopt: Annotated[str | None, LOCAL] = None


class KettleOutputs(Model):
    """What the platform decides."""

    serial: str | None = None
    manual_digest: str | None = None
    broken: str | None = None


@dataclass
class Kitchen:
    """The platform: objects by id, each a dict of what was set; and the failures that a test asks for."""

    kettles: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    lose_answer_after: int | None = None
    """Lose the answer of the next insert after it made this many objects."""
    is_slow: bool = False
    """Let others have a turn during an insert."""
    failures: dict[str, Exception] = field(default_factory=dict)
    """By step: `find`, `complete`, `read`, `update`, `update half-way`; raised once each time the step is reached."""

    def reach(self, step: str) -> None:
        self.calls.append(step)
        if step in self.failures:
            raise self.failures[step]

    def add(self, **settings: Any) -> str:
        object_id = f"kettle-{len(self.kettles) + 1}"
        self.kettles[object_id] = {"size": 1, "tags": [], "labels": {}, "mode": "slow", **settings}
        return object_id


class KettleHandler(Handler[KettleInputs, KettleOutputs, Kitchen]):
    token = "toys:Kettle"
    label = "kettle"
    inputs_model = KettleInputs
    outputs_model = KettleOutputs

    def normalise(self, inputs, call):
        if inputs.mode == "fast" and inputs.size == 13:
            raise InputError("COMFY1001", tried="size", got="13 does not boil fast", todo="Take another size.")
        return inputs.model_copy(update={"labels": {"made-by": "us", **inputs.labels}}) if inputs.labels else inputs

    def replaces(self, prior, inputs, changed):
        return {"lid"} if "lid" in changed and inputs.lid is None else set()

    def refuse(self, prior, inputs, changed):
        if "spout" in changed and inputs.spout is None:
            raise InputError("COMFY1001", tried="update kettle", got="`spout` is gone", todo="Say which.")

    def repair(self, prior, inputs):
        return f"it is {prior.outputs.broken}" if prior.outputs.broken else None

    def canonical(self, inputs, outputs):
        fields = super().canonical(inputs, outputs)
        digest = len(inputs.manual) if isinstance(inputs.manual, str) else None
        fields["manual"] = str(digest) if digest is not None else getattr(outputs, "manual_digest", None)
        return fields

    def explain(self, old_inputs, inputs, changed):
        return [f"size was {old_inputs.get('size')}"] if "size" in changed else []

    async def find(self, inputs, call):
        call.client.reach("find")
        same = [one for one, kettle in call.client.kettles.items() if kettle["name"] == inputs.name]
        return [Found(one, f'kettle "{inputs.name}"') for one in same]

    async def insert(self, inputs, found, call):
        call.client.reach("insert")
        if call.client.is_slow:
            await asyncio.sleep(0)
        copies = call.client.lose_answer_after
        if copies is None:
            return Inserted(call.client.add(name=inputs.name, size=inputs.size))
        for _ in range(copies):
            call.client.add(name=inputs.name, size=inputs.size)
        raise LostAnswerError("COMFY2501", tried="create kettle", got="the answer was lost")

    async def complete(self, made, inputs, call):
        call.client.reach("complete")
        call.client.kettles[made.id].update(_settings(inputs))
        return State(inputs, _outputs(made.id, inputs))

    async def read(self, object_id, prior, call):
        call.client.reach("read")
        if call.client.is_slow:
            await asyncio.sleep(0)
        kettle = call.client.kettles.get(object_id)
        if kettle is None:
            return None
        told = {name: value for name, value in kettle.items() if name in KettleInputs.model_fields}
        return Seen(told, KettleOutputs(serial=f"serial of {object_id}", manual_digest=prior.outputs.manual_digest))

    async def update(self, object_id, prior, inputs, changed, call):
        call.client.reach("update")
        settings = _settings(inputs)
        for number, name in enumerate(sorted(changed & settings.keys())):
            if number:
                call.client.reach("update half-way")
            call.client.kettles[object_id][name] = settings[name]
        return State(inputs, _outputs(object_id, inputs))

    async def delete(self, object_id, prior, call):
        call.client.reach("delete")
        call.client.kettles.pop(object_id, None)


HANDLER = KettleHandler()


def _settings(inputs: KettleInputs) -> dict[str, Any]:
    told = ("name", "size", "power", "tags", "labels", "lid", "mode", "code", "handle", "stand", "spout")
    return {name: value for name in told if (value := getattr(inputs, name)) is not None}


def _outputs(object_id: str, inputs: KettleInputs) -> KettleOutputs:
    digest = str(len(inputs.manual)) if inputs.manual is not None else None
    return KettleOutputs(serial=f"serial of {object_id}", manual_digest=digest)


class Shown(list[tuple[str, Level]]):
    """The lines that a call showed."""

    def __call__(self, text: str, level: Level) -> None:
        self.append((text, level))

    @property
    def texts(self) -> list[str]:
        return [text for text, _level in self]


NO_NOTES = Attempts(Path(os.devnull) / "notes")
"""A machine on which nothing can be noted."""


async def _question(_client: Kitchen) -> None:
    """The toy platform answers whoever asks."""


PLATFORM: Platform[Any] = Platform(
    key="toys",
    name="Toys",
    settings=PlatformSettings(url=Setting("toysUrl", "TOYS_URL", "Where they are."), key=None),
    client=lambda _http: Kitchen(),
    question=_question,
    handlers={},
)


def make_connection(client: Any = None, *, scope: str = SCOPE, memory: Memory | None = None) -> Connection[Any]:
    """The toy platform, seen by one account."""
    host, _, account = scope.partition("/")
    return Connection(PLATFORM, client, host, account, memory or Memory(scope=scope))


def make_call(client: Any = None, *, scope: str = SCOPE, memory: Memory | None = None, **changes: Any) -> Call[Any]:
    """A call on the toy platform, as the engine would make it for the resource `blue`."""
    given = {"attempts": NO_NOTES, "cancellation": Cancellation(), "urn": URN, "show": Shown()}
    return Call(make_connection(client, scope=scope, memory=memory), **{**given, **changes})


def knowing(facts: Facts = FACTS, urn: Urn = URN) -> Memory:
    """A memory of a run whose program told the facts with the resource that it declares."""
    memory = Memory()
    memory.checked(urn, facts)
    return memory


def run(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    return asyncio.run(work)


def build_failed() -> OutcomeError:
    return OutcomeError("COMFY3001", tried="build kettle", got="the handle fell off")


def refused() -> StatusError:
    return StatusError("COMFY2403", tried="paint kettle", status=403, detail="no paint left")
