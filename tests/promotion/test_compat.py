"""Callers can go on where nothing that they may give is gone, and nothing new must be given."""

from __future__ import annotations

import pytest

from pulumi_comfy.inference.proof import ProofInput
from pulumi_comfy.promotion.compat import breaking_changes


def an_input(name="seed", type="integer", default=True):
    return ProofInput(name=name, type=type, has_default=default)


PROMPT = an_input("prompt", "string")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([PROMPT], [PROMPT]),
        ([PROMPT], [PROMPT, an_input()]),
        ([an_input(default=False)], [an_input(default=True)]),
        ([an_input(default=False)], [an_input(default=False)]),
        ([an_input()], [an_input(type="float")]),
        ([an_input("7.cfg", "float")], [an_input("7.cfg", "integer")]),
        ([an_input("57:3.cfg", "float")], [an_input("57:3.cfg", "integer")]),
        ([], []),
    ],
    ids=["the same", "one more", "one less required", "as required", "wider", "by node", "in a subgraph", "none"],
)
def test_callers_can_go_on(old, new):
    assert breaking_changes(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ([PROMPT, an_input()], [PROMPT], "run input `seed` is gone"),
        ([PROMPT], [], "run input `prompt` is gone"),
        ([PROMPT], [PROMPT, an_input(default=False)], "run input `seed` is new and must be given"),
        ([an_input()], [an_input(default=False)], "run input `seed` must be given now"),
        ([an_input(type="float")], [an_input()], "run input `seed` is integer now, and was float"),
        ([an_input()], [an_input(type="string")], "run input `seed` is string now, and was integer"),
        ([an_input("7.cfg", "float")], [an_input("7.cfg", "string")], "run input `7.cfg` is string now, and was float"),
    ],
)
def test_callers_cannot_go_on(old, new, said):
    assert breaking_changes(old, new) == [said]


def test_every_break_is_told_by_name():
    said = breaking_changes([an_input("b"), an_input("a")], [an_input("c", default=False)])

    assert [line.split("`")[1] for line in said] == ["a", "b", "c"]
