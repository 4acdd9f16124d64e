"""Property values on the wire (protobuf `Struct`) and in the state document (JSON).

Special objects carry a signature key (docs/pulumi.md 5.6). Assets, archives and byte strings are refused by name:
dynamic providers cannot use them anyway (1.4).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

from pulumi_comfy.address import OUTPUT, SECRET, SIGNATURE, UNKNOWN_STRING, UNKNOWN_TEXTS

from .errors import StateError, UnsupportedFeature
from .values import UNKNOWN, Properties, ResourceReference, Secret, Value

RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"

_REFUSED = {
    "c44067f5952c0a294b673a41bacd8c17": "assets",
    "0def7320c3a5731c473e5ecbe6d01bc7": "archives",
    "803fd3297a5875dc03ca845dda5d2a98": "byte strings",
    "8ad145fe-0d11-4827-bfd7-1abcbf086f5c": "non-finite numbers",
}


def decode(struct: struct_pb2.Struct) -> Properties:
    """A protobuf struct as properties, marks kept.

    Raises:
        UnsupportedFeature: The struct holds an asset, archive or byte string.
    """
    return {key: _decode_value(item) for key, item in struct.fields.items()}


def _decode_value(item: struct_pb2.Value) -> Value:
    kind = item.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if item.string_value in UNKNOWN_TEXTS else item.string_value
    if kind == "number_value":
        return item.number_value
    if kind == "bool_value":
        return item.bool_value
    if kind == "list_value":
        return [_decode_value(element) for element in item.list_value.values]
    if kind == "struct_value":
        return _special({key: _decode_value(value) for key, value in item.struct_value.fields.items()})
    return None


def _special(fields: Properties) -> Value:
    signature = fields.get(SIGNATURE)
    if signature is None:
        return fields
    if signature == SECRET:
        return Secret(fields.get("value"))
    if signature == RESOURCE:
        return ResourceReference(
            urn=str(fields.get("urn", "")), id=fields.get("id"), package_version=str(fields.get("packageVersion", ""))
        )
    if signature == OUTPUT:
        value = fields.get("value", UNKNOWN)
        return Secret(value) if fields.get("secret") else value
    raise UnsupportedFeature(_REFUSED.get(str(signature), f"values with the signature {signature!r}"))


def encode(
    properties: Properties, *, secrets: bool, resources: bool = False, unknowns: bool = True
) -> struct_pb2.Struct:
    """Properties as a protobuf struct.

    Args:
        properties: What to send.
        secrets: Keep secret marks; otherwise send the bare values.
        resources: Keep resource references; otherwise send the id (or, for a component, the URN).
        unknowns: Send unknowns as the sentinel; otherwise leave the key out.
    """
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        if unknowns or value is not UNKNOWN:
            _fill(struct.fields[key], value, secrets, resources)
    return struct


def _fill(target: struct_pb2.Value, value: Value, secrets: bool, resources: bool) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_STRING
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for element in value:
            _fill(target.list_value.values.add(), element, secrets, resources)
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for key, element in value.items():
            _fill(target.struct_value.fields[key], element, secrets, resources)
    elif isinstance(value, Secret):
        _fill(target, {SIGNATURE: SECRET, "value": value.value} if secrets else value.value, secrets, resources)
    elif isinstance(value, ResourceReference):
        _fill(target, _reference(value, resources), secrets, resources)
    else:
        raise TypeError(f"not a property value: {type(value).__name__}")


def _reference(reference: ResourceReference, resources: bool) -> Value:
    if not resources:
        return reference.urn if reference.id is None else reference.id
    fields: Properties = {SIGNATURE: RESOURCE, "urn": reference.urn}
    if reference.id is not None:
        fields["id"] = reference.id
    if reference.package_version:
        fields["packageVersion"] = reference.package_version
    return fields


def to_json(value: Value) -> Any:
    """A value as it stands in the state document; secrets in their plaintext form (6.1)."""
    if isinstance(value, Secret):
        plain = json.dumps(to_json(value.value), separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        return {SIGNATURE: SECRET, "plaintext": plain}
    if value is UNKNOWN:
        return UNKNOWN_STRING
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    if isinstance(value, ResourceReference):
        return _reference(value, resources=True)
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    return value


def from_json(value: Any) -> Value:
    """The inverse of `to_json`; numbers become floats, as everywhere in Pulumi (1.4).

    Raises:
        StateError: A secret is encrypted; export with `--show-secrets`.
    """
    if isinstance(value, bool) or value is None or isinstance(value, (float, str)):
        return UNKNOWN if isinstance(value, str) and value in UNKNOWN_TEXTS else value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if value.get(SIGNATURE) == SECRET:
        if "plaintext" not in value:
            raise StateError("the state holds encrypted secrets; export it with `pulumi stack export --show-secrets`")
        return Secret(from_json(json.loads(value["plaintext"])))
    return _special({key: from_json(item) for key, item in value.items()})
