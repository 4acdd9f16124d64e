"""How the SDK's server writes what a provider answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi.dynamic
import pytest
from google.protobuf import struct_pb2
from pulumi.asset import StringAsset
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, UpdateResult
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2

from pulumi_comfy.shells.writing import LoopWhereNeeded, is_plain, write_without_loops

PLAIN = {"a": [1, 2.5, None, True, {"b": "text"}], "c": Unknown()}


class Answering:
    """A provider of the program's own that answers one thing."""

    def __init__(self, answer: Callable[[], dict[str, Any]]) -> None:
        self._answer = answer

    def check(self, _olds: object, _news: object) -> CheckResult:
        return CheckResult(self._answer(), [])

    def create(self, _props: object) -> CreateResult:
        return CreateResult("id", self._answer())

    def update(self, _id: object, _olds: object, _news: object) -> UpdateResult:
        return UpdateResult(self._answer())

    def read(self, id_: str, _props: object) -> ReadResult:
        return ReadResult(id_, self._answer(), self._answer())


@pytest.fixture
def servicer() -> Any:
    """The SDK's own servicer, of a module of its own; answers with what is put into `answers`."""
    place = Path(pulumi.dynamic.__file__).parent / "__main__.py"
    source = place.read_text("utf-8")
    assert source.rstrip().endswith("\nmain()")
    module: dict[str, Any] = {"__name__": "the_sdk_s_server", "__file__": str(place)}
    exec(compile(source.rstrip().removesuffix("\nmain()"), str(place), "exec"), module)
    made = module["DynamicResourceProviderServicer"]()
    made.answers = lambda: dict(PLAIN)
    module["get_provider"] = lambda _props, _config: Answering(made.answers)
    return made


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.AbstractEventLoop]:
    """The event loops that are made."""
    made: list[asyncio.AbstractEventLoop] = []
    new = asyncio.new_event_loop

    def noted() -> asyncio.AbstractEventLoop:
        made.append(new())
        return made[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", noted)
    return made


def asked(servicer: Any, method: str) -> struct_pb2.Struct:
    told = struct_pb2.Struct()
    told.update({"__provider": "text"})
    request, field = {
        "Check": (provider_pb2.CheckRequest(news=told), "inputs"),
        "Create": (provider_pb2.CreateRequest(properties=told), "properties"),
        "Update": (provider_pb2.UpdateRequest(olds=told, news=told), "properties"),
        "Read": (provider_pb2.ReadRequest(id="id", properties=told), "properties"),
    }[method]
    answer: struct_pb2.Struct = getattr(getattr(servicer, method)(request, None), field)
    return answer


METHODS = ["Check", "Create", "Update", "Read"]


@pytest.mark.parametrize("method", METHODS)
def test_what_is_plain_is_written_as_the_sdk_writes_it_and_without_a_loop(
    servicer: Any, loops: list[asyncio.AbstractEventLoop], method: str
):
    as_before = asked(servicer, method)
    assert loops  # else this tests nothing
    loops.clear()
    write_without_loops(servicer)

    assert asked(servicer, method) == as_before
    assert loops == []


@pytest.mark.parametrize("method", METHODS)
def test_what_must_be_waited_for_is_waited_for(servicer: Any, method: str):
    async def later() -> str:
        await asyncio.sleep(0)
        return "waited for"

    servicer.answers = lambda: {"a": later(), "b": StringAsset("text")}
    write_without_loops(servicer)

    assert asked(servicer, method)["a"] == "waited for"


def test_what_cannot_be_written_is_refused_as_before():
    loop = LoopWhereNeeded()
    with pytest.raises(ValueError, match="unexpected input of type object"):
        loop.run_until_complete(rpc.serialize_properties({"a": object()}, {}))
    loop.close()


def test_what_the_values_of_one_answer_share_is_of_one_loop(servicer: Any):
    shared: dict[str, asyncio.AbstractEventLoop] = {}

    async def ask() -> str:
        loop = shared.setdefault("loop", asyncio.get_running_loop())
        return "same" if loop is asyncio.get_running_loop() else "another"

    servicer.answers = lambda: {"a": ask()}
    write_without_loops(servicer)

    told = struct_pb2.Struct()
    told.update({"__provider": "text"})
    answer = servicer.Read(provider_pb2.ReadRequest(id="id", properties=told), None)

    assert (answer.properties["a"], answer.inputs["a"]) == ("same", "same")


def test_work_of_another_shape_gets_a_loop():
    async def work() -> str:
        await asyncio.sleep(0)
        return "done"

    loop = LoopWhereNeeded()

    assert loop.run_until_complete(work()) == "done"
    loop.close()


@pytest.mark.parametrize("method", METHODS)
def test_a_loop_is_closed_after_its_answer(servicer: Any, loops: list[asyncio.AbstractEventLoop], method: str):
    servicer.answers = lambda: {"b": StringAsset("text")}
    write_without_loops(servicer)

    asked(servicer, method)

    assert [loop.is_closed() for loop in loops] == [True]


def test_the_rest_of_asyncio_is_as_it_was_for_the_server(servicer: Any):
    write_without_loops(servicer)
    own = type(servicer).Cancel.__globals__["asyncio"]

    assert own.sleep is asyncio.sleep
    assert asyncio.new_event_loop is not LoopWhereNeeded


def is_left_alone(servicer: Any) -> bool:
    is_given = write_without_loops(servicer)
    return not is_given and type(servicer).Cancel.__globals__.get("asyncio") in (asyncio, None)


def test_the_sdk_s_server_is_as_expected(servicer: Any):
    assert write_without_loops(servicer)


def test_a_server_whose_module_knows_no_asyncio_is_left_alone():
    class Servicer:
        Cancel = eval("lambda self: None", {})

    assert is_left_alone(Servicer())


def test_a_server_that_does_more_with_its_loop_is_left_alone(servicer: Any, monkeypatch: pytest.MonkeyPatch):
    def create(self: object, request: object, context: object) -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())

    monkeypatch.setattr(type(servicer), "Create", create)

    assert is_left_alone(servicer)


@pytest.mark.parametrize("seconds", [0, 1, None], ids=["yields", "asks for a loop", "differs"])
def test_a_server_is_left_alone_where_writing_waits_for_what_is_plain(
    servicer: Any, monkeypatch: pytest.MonkeyPatch, seconds: float | None
):
    async def serialize_properties(inputs: dict[str, Any], _deps: object) -> struct_pb2.Struct:
        if seconds is not None:
            await asyncio.sleep(seconds)
        return struct_pb2.Struct()

    monkeypatch.setattr(rpc, "serialize_properties", serialize_properties)

    assert is_left_alone(servicer)


@pytest.mark.parametrize("value", [StringAsset("text"), object(), {"a": [object()]}, ("a",), b"a", {"a"}])
def test_what_may_hold_anything_is_not_plain(value: object):
    assert not is_plain(value)


@pytest.mark.parametrize("value", [PLAIN, rpc.wrap_rpc_secret({"a": "b"}), [], {}, "", 0])
def test_json_is_plain(value: object):
    assert is_plain(value)
