"""What only the platform can tell to be wrong is looked for in a preview, of what is new or changed alone."""

from __future__ import annotations

import pytest
from core_toys import HANDLER, RED, URN, KettleHandler, Shown, knowing, make_call, refused, run

from pulumi_comfy.core.check import Checked, Failure
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.foresight import foresee
from pulumi_comfy.core.memory import Facts

WRONG = InputError("COMFY1202", tried="lid.color", got="there is no such color", todo="Take another.")


class Seer(KettleHandler):
    foresees = True

    def __init__(self, seen=None):
        self.asked = []
        self.seen = seen

    async def foresee(self, inputs, call):
        self.asked.append(inputs.size)
        if self.seen:
            raise self.seen


def foreseen(handler, inputs, **call):
    return run(foresee(handler, inputs if isinstance(inputs, Checked) else Checked(inputs), make_call(**call)))


def test_what_it_finds_wrong_is_a_failure_at_its_place():
    found = foreseen(Seer(WRONG), {"size": 2})

    assert found == Checked({"size": 2}, (Failure("lid.color", WRONG.outcome),))


@pytest.mark.parametrize("seen", [None, refused()])
def test_what_is_right_and_what_cannot_be_read_now_pass(seen):
    assert foreseen(Seer(seen), {"size": 2}) == Checked({"size": 2})


def test_what_cannot_be_read_now_is_said():
    shown = Shown()

    foreseen(Seer(refused()), {"size": 2}, show=shown)

    assert shown.texts == [f"not compared with what the platform has: {refused().got}"]


def test_nothing_is_asked_of_what_did_not_change():
    seer = Seer(WRONG)

    assert foreseen(seer, {"size": 2}, old_inputs={"size": 2, "__hidden": 1}).failures == ()
    assert seer.asked == []


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        (Facts(held={"k-1": URN}), [2]),
        (Facts(held={"k-1": RED}), [2]),  # under the name that an alias takes from it
        (Facts(held={}), []),  # within the key's account; the state holds it in another
        (Facts(held={}, is_blind=True), [2]),
        (Facts(), [2]),
    ],
)
def test_with_another_account_s_key_nothing_is_asked_of_what_the_state_holds(facts, asked):
    seer = Seer()

    foreseen(seer, {"size": 2}, old_inputs={"size": 1}, memory=knowing(facts))

    assert seer.asked == asked


def test_nothing_is_asked_of_what_is_refused_already():
    seer, wrong = Seer(WRONG), Checked({"size": 0}, (Failure("size", "too small"),))

    assert foreseen(seer, wrong) is wrong
    assert seer.asked == []


def test_a_kind_that_does_not_foresee_is_not_asked():
    assert foreseen(HANDLER, {"size": 2}) == Checked({"size": 2})


def test_by_default_nothing_is_wrong():
    assert run(HANDLER.foresee(HANDLER.inputs_model(size=2), make_call())) is None
