"""What a handler gets without saying anything: the defaults of the contract."""

from __future__ import annotations

from core_toys import KettleInputs, KettleOutputs, Kitchen, make_call, run

from pulumi_comfy.core.function import Function
from pulumi_comfy.core.resource import Handler, State


class Plain(Handler[KettleInputs, KettleOutputs, Kitchen]):
    """Declares nothing that has a default."""

    token = "toys:Plain"
    label = "plain thing"
    inputs_model = KettleInputs
    outputs_model = KettleOutputs

    async def find(self, inputs, call): ...

    async def insert(self, inputs, found, call): ...

    async def complete(self, made, inputs, call): ...

    async def read(self, object_id, prior, call): ...

    async def update(self, object_id, prior, inputs, changed, call): ...

    async def delete(self, object_id, prior, call): ...


PLAIN = Plain()
INPUTS = KettleInputs(name="a", size=2, manual="long", rollout="x")
PRIOR = State(INPUTS, KettleOutputs())


def test_inputs_are_normal_as_they_are():
    assert PLAIN.normalise(INPUTS, make_call()) is INPUTS


def test_every_field_is_compared_but_bulk_and_local_ones():
    compared = PLAIN.canonical(INPUTS, None)

    assert compared.keys() == KettleInputs.model_fields.keys() - {"manual", "rollout", "adopt"}
    assert (compared["name"], compared["size"], compared["lid"]) == ("a", 2, None)


def test_nothing_replaces_beside_what_is_marked_so():
    assert PLAIN.replaces(PRIOR, INPUTS, {"size"}) == frozenset()


def test_nothing_needs_repair():
    assert PLAIN.repair(PRIOR, INPUTS) is None


def test_changes_have_no_words_of_their_own():
    assert PLAIN.explain({}, INPUTS, {"size"}) == []


def test_a_function_says_what_is_asked_and_answered():
    async def ask(inputs: KettleInputs, _client: object) -> KettleOutputs:
        return KettleOutputs(serial=inputs.name)

    function = Function("toys:getKettle", "Finds a kettle.", KettleInputs, KettleOutputs, ask)

    assert run(function.ask(INPUTS, None)) == KettleOutputs(serial="a")
