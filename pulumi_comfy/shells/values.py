"""Values between Pulumi's wire and the core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.output import Unknown as PulumiUnknown
from pulumi.runtime import rpc

from pulumi_comfy.core.model import Json
from pulumi_comfy.core.unknown import UNKNOWN, Unknown


def from_engine(value: Any) -> Any:
    """Give a deserialised value with Pulumi's unknowns as ours, secret wrappers taken off and whole numbers whole."""
    if isinstance(value, str):  # most are: told first, as a refresh of hundreds comes here some ten thousand times
        return UNKNOWN if value == rpc.UNKNOWN else value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, PulumiUnknown):
        return UNKNOWN
    if rpc.is_rpc_secret(value):
        return from_engine(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: from_engine(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [from_engine(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # every number travels as a double: 3 arrives as 3.0
    return value


class Properties(Mapping[str, Json]):
    """The protocol's struct as the core sees it; what stands under a key is looked at when somebody asks for it.

    Most calls ask for few of what a state holds, which may be a document of many megabytes.
    """

    def __init__(self, struct: struct_pb2.Struct) -> None:
        self._struct = struct
        self._seen: dict[str, Json] = {}

    def __getitem__(self, key: str) -> Json:
        if key not in self._seen:
            if key not in self:
                raise KeyError(key)
            self._seen[key] = from_engine(rpc.deserialize_property(self._struct[key], True))
        return self._seen[key]

    def __contains__(self, key: object) -> bool:
        fields: Mapping[str, struct_pb2.Value] = self._struct.fields
        is_there = isinstance(key, str) and key in fields
        return is_there and fields[str(key)].WhichOneof("kind") != "null_value"  # what is null is left out

    def __iter__(self) -> Iterator[str]:
        return filter(self.__contains__, self._struct.fields)

    def __len__(self) -> int:
        return sum(1 for _key in self)


def to_engine(value: Any) -> Any:
    """Give a value of ours as the SDK serialises it."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Unknown):
        return PulumiUnknown()  # type: ignore[no-untyped-call]
    if isinstance(value, Mapping):
        return {key: to_engine(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_engine(item) for item in value]
    return value


def as_secret(value: Json) -> Json:
    """Give a value as the engine takes a secret; where it accepts none from us it still keeps the mark."""
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def to_struct(properties: Mapping[str, Json]) -> struct_pb2.Struct:
    """Write known properties as the protocol's struct."""
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct
