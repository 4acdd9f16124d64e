"""How an argument is typed on the wire, of all that a program may give for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pytest

from pulumi_comfy.comfydeploy import CustomNodeData, ExpectArgs, ExpectArgsDict, RegistryNodeData
from pulumi_comfy.sdk._arguments import fields_of, wire_type
from pulumi_comfy.sdk._documents import Document

TYPES = {
    "a value": (pulumi.Input[int], int),
    "one that may be left out": (pulumi.Input[int] | None, int),
    "an output": (pulumi.Output[str], pulumi.Output[str]),
    "JSON": (pulumi.Input[Any], Any),
    "JSON of several shapes": (pulumi.Input[str | CustomNodeData | RegistryNodeData], Any),
    "JSON of one shape": (pulumi.Input[CustomNodeData], Any),
    "a document": (pulumi.Input[Document] | None, str),
    "a list": (pulumi.Input[Sequence[pulumi.Input[str]]] | None, Sequence[str]),
    "a mapping": (pulumi.Input[Mapping[str, pulumi.Input[float]]], Mapping[str, float]),
    "a mapping of JSON": (pulumi.Input[Mapping[str, Any]], Mapping[str, Any]),
    "an argument class or its dict": (pulumi.Input[ExpectArgs | ExpectArgsDict] | None, ExpectArgs),
    "a list of them": (pulumi.Input[Sequence[pulumi.Input[ExpectArgs | ExpectArgsDict]]], Sequence[ExpectArgs]),
}


@pytest.mark.parametrize(("annotation", "expected"), TYPES.values(), ids=TYPES)
def test_an_argument_has_one_type_on_the_wire(annotation, expected):
    assert wire_type(annotation) == expected


def test_only_an_argument_class_has_fields():
    assert list(fields_of(ExpectArgs))[:2] == ["minimum_outputs", "kinds"]
    assert fields_of(CustomNodeData) == fields_of(str) == fields_of(Any) == {}
