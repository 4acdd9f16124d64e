"""Values between Pulumi's wire and the core."""

from __future__ import annotations

from collections.abc import Mapping
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
