"""A toy platform for tests: objects are JSON files in a folder, handled by a dynamic provider.

The folder comes from the configuration key `toy:folder` or the variable TOY_FOLDER. Every call is written to
`calls.jsonl` beside the objects, so that tests can ask the platform what happened instead of the state.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)


class ToyProvider(ResourceProvider):
    """Objects with a `size` (replaces when changed), a `text`, and failures on demand."""

    serialize_as_secret_always = False

    def configure(self, request: ConfigureRequest) -> None:
        Platform.folder = Path(request.config.get("toy:folder") or os.environ["TOY_FOLDER"])
        Platform.token = request.config.get("toy:token") or ""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        Platform.note("check", olds=bool({k for k in olds if k != "__provider"}), news=_plain(news))
        failures = [CheckFailure("text", "must not be bad")] if news.get("text") == "bad" else []
        return CheckResult({"size": 1, **news}, failures)

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        Platform.note("diff", id=id_)
        if news.get("undecided"):
            return DiffResult()
        keys = ("text", "size", "fail", "partial", "settings", "label")
        changed = [key for key in keys if _plain(olds.get(key)) != _plain(news.get(key))]
        replaces = [key for key in changed if key == "size"]
        return DiffResult(
            changes=bool(changed), replaces=replaces, delete_before_replace=bool(news.get("in_place")) or None
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        Platform.note("create", props=_plain(props), token=Platform.token, **_process())
        _misbehave(props, "create")
        id_ = f"toy-{uuid.uuid4().hex[:8]}"
        outs = {**_plain(props), "echo": f"made {props.get('text')}", "key": f"key-of-{props.get('text')}"}
        Platform.store(id_, outs)
        if props.get("partial"):
            _partial(id_, {**outs, "__provider": props["__provider"]}, props["partial"])
        return CreateResult(id_, outs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        Platform.note("read", id=id_)
        found = Platform.load(id_)
        if found is None:
            return ReadResult("", {})
        if found.get("unreadable"):
            raise RuntimeError("cannot read")
        if found.get("unhealthy"):
            _partial(id_, {**found, "__provider": props["__provider"]}, found["unhealthy"])
        inputs = {key: value for key, value in found.items() if key not in ("echo", "key")}
        return ReadResult(id_, found, inputs if found.get("report_inputs") else None)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        Platform.note("update", id=id_, props=_plain(news), token=Platform.token)
        _misbehave(news, "update")
        outs = {**_plain(news), "echo": f"made {news.get('text')}", "key": olds.get("key")}
        Platform.store(id_, outs)
        if news.get("partial"):
            _partial(id_, {**outs, "__provider": news["__provider"]}, news["partial"])
        return UpdateResult(outs)

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        Platform.note("delete", id=id_, text=props.get("text"), token=Platform.token)
        _misbehave(props, "delete")
        Platform.remove(id_)


def _process() -> dict[str, Any]:
    """Who this process is, and where and with what it runs."""
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "folder": os.getcwd(),
        "path": sys.path[0],
        "variable": os.environ.get("PULUMI_TOY"),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != "__provider"}
    return value if isinstance(value, (str, int, float, bool, list, type(None))) else repr(type(value).__name__)


def _misbehave(props: dict[str, Any], call: str) -> None:
    if props.get("log"):
        _log(props["log"])
    if props.get("wait_for"):
        deadline = time.monotonic() + 30
        while not (Platform.folder / props["wait_for"]).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
    if props.get("fail") == call:
        raise RuntimeError(f"the toy platform refuses to {call} {props.get('text')}")


def _raw_call() -> tuple[Any, Any]:
    frame: Any = sys._getframe()
    while frame is not None:
        context = frame.f_locals.get("context")
        if "request" in frame.f_locals and hasattr(context, "set_trailing_metadata"):
            return frame.f_locals["request"], context
        frame = frame.f_back
    raise AssertionError("not inside a provider call")


def _partial(id_: str, outs: dict[str, Any], reason: str) -> None:
    from google.protobuf import any_pb2, struct_pb2
    from pulumi.runtime.proto import provider_pb2, status_pb2

    _, context = _raw_call()
    properties = struct_pb2.Struct()
    properties.update(outs)
    failed = provider_pb2.ErrorResourceInitFailed(id=id_, properties=properties, reasons=[reason])
    packed = any_pb2.Any()
    packed.Pack(failed)
    status = status_pb2.Status(code=2, message=reason, details=[packed])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    raise RuntimeError(reason)


def _log(message: str) -> None:
    import sys

    import grpc
    from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

    request, _ = _raw_call()
    with grpc.insecure_channel(sys.argv[1]) as channel:
        stub = engine_pb2_grpc.EngineStub(channel)
        stub.Log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=request.urn))
        stub.Log(
            engine_pb2.LogRequest(
                severity=engine_pb2.INFO, message=f"timeout {request.timeout}", urn=request.urn, ephemeral=True
            )
        )


class Platform:
    """The files behind the toy provider; tests look at it from outside with `Platform.at(folder)`."""

    folder = Path()
    token = ""

    @classmethod
    def note(cls, call: str, **details: Any) -> None:
        with (cls.folder / "calls.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"call": call, **details}, default=str) + "\n")

    @classmethod
    def store(cls, id_: str, outs: dict[str, Any]) -> None:
        (cls.folder / f"{id_}.json").write_text(json.dumps(outs, default=str), encoding="utf-8")

    @classmethod
    def load(cls, id_: str) -> dict[str, Any] | None:
        file = cls.folder / f"{id_}.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None

    @classmethod
    def remove(cls, id_: str) -> None:
        (cls.folder / f"{id_}.json").unlink(missing_ok=True)


class ToyWorld:
    """The toy platform as a test sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def config(self) -> dict[str, str]:
        return {"toy:folder": str(self.folder)}

    def calls(self, call: str = "") -> list[dict[str, Any]]:
        file = self.folder / "calls.jsonl"
        if not file.exists():
            return []
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return [row for row in rows if not call or row["call"] == call]

    def forget_calls(self) -> None:
        (self.folder / "calls.jsonl").unlink(missing_ok=True)

    def objects(self) -> dict[str, dict[str, Any]]:
        return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in self.folder.glob("toy-*.json")}

    def texts(self) -> list[str]:
        return sorted(entry["text"] for entry in self.objects().values())

    def change(self, id_: str, **values: Any) -> None:
        file = self.folder / f"{id_}.json"
        file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **values}), encoding="utf-8")

    def remove(self, id_: str) -> None:
        (self.folder / f"{id_}.json").unlink()


class Toy(Resource, module="tests", name="Toy"):
    """A toy. `echo` and `key` are what the platform decides."""

    echo: pulumi.Output[str]
    key: pulumi.Output[str]
    text: pulumi.Output[str]
    size: pulumi.Output[float]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **props: Any) -> None:
        super().__init__(ToyProvider(), name, {"echo": None, "key": None, "size": None, "text": name, **props}, opts)


class Box(pulumi.ComponentResource):
    """A component with toys in it."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, toys: tuple[str, ...] = ()) -> None:
        super().__init__("tests:index:Box", name, None, opts)
        self.toys = [Toy(toy, opts=pulumi.ResourceOptions(parent=self)) for toy in toys]
        self.register_outputs({"count": len(self.toys)})
