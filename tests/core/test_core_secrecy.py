"""What the program gave as a secret is known by its place, in inputs and outputs, now and before."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest

from pulumi_comfy.core.model import DOCUMENT, SECRET, Json, Model
from pulumi_comfy.core.redaction import MASK, redact
from pulumi_comfy.core.secrecy import FORMER, SECRETS, Secrecy, derived, kept, let_in


class Lid(Model):
    """A nested model."""

    max_heat: int | None = None


class Kettle(Model):
    """What is declared."""

    name: str = ""
    spout: str | None = None
    heat: int | None = None
    labels: dict[str, Json] = {}
    steps: list[Json] = []
    lid: Lid | None = None
    manual: Annotated[str | None, DOCUMENT] = None


def secrecy(*places: list[str | int]) -> Secrecy:
    return Secrecy.told_by(Kettle, {SECRETS: [list(place) for place in places]})


def shown(text: str, properties: dict[str, Any], *places: list[str | int]) -> str:
    secrecy(*places).register(Kettle, properties)
    return redact(text)


@pytest.mark.parametrize(
    ("properties", "place"),
    [
        ({"spout": "canary-1"}, ["spout"]),
        ({"labels": {"a.b": "canary-1"}}, ["labels", "a.b"]),
        ({"labels": {"a": {"b": ["x", "canary-1"]}}}, ["labels", "a", "b", 1]),
        ({"labels": {"a": "canary-1"}}, ["labels"]),
        ({"steps": [{}, {"data": "canary-1"}]}, ["steps", 1.0, "data"]),
        ({"lid": {"maxHeat": "canary-1"}}, ["lid", "max_heat"]),
        ({"manual": "canary-1"}, ["manual"]),
    ],
)
def test_what_stands_at_a_secret_place_is_masked(properties: dict[str, Any], place: list[Any]):
    assert shown("it is canary-1.", properties, place) == f"it is {MASK}."


class Safe(Model):
    """A nested model with a secret."""

    lock: Annotated[str | None, SECRET] = None


class Guarded(Model):
    """What is declared with secrets."""

    code: Annotated[str | None, SECRET] = None
    safe: Safe | None = None
    spout: str | None = None


class Given(Model):
    """What the platform gives."""

    key: Annotated[str | None, SECRET] = None


@pytest.mark.parametrize(
    "wire",
    [
        {"code": "canary-2"},
        {"safe": {"lock": "canary-2"}, "code": None},
        {"key": "canary-2"},
        {"spout": "canary-2", SECRETS: [["spout"]]},
    ],
)
@pytest.mark.parametrize("is_old", [False, True])
def test_whatever_comes_through_the_door_as_a_secret_is_masked_from_then_on(wire: dict[str, Any], is_old: bool):
    let_in(Guarded, Given, *([{}, wire] if is_old else [wire, {}]))

    assert redact("it is canary-2.") == f"it is {MASK}."


def test_the_door_says_which_places_are_secret():
    assert let_in(Guarded, Given, {SECRETS: [["spout"]]}).places == {("spout",)}


def test_what_stands_elsewhere_is_not_masked():
    assert shown("open-1 canary-1", {"name": "open-1", "spout": "canary-1"}, ["spout"]) == f"open-1 {MASK}"


def test_without_secret_places_nothing_is_masked():
    assert shown("it is canary-1", {"spout": "canary-1"}) == "it is canary-1"


@pytest.mark.parametrize("place", [["labels", "b"], ["labels", "a", "b"], ["steps", 4], ["steps", "x"], ["unheard"]])
def test_a_place_where_nothing_stands_hides_nothing(place: list[Any]):
    assert shown("canary-1", {"labels": {"a": "canary-1"}, "steps": ["canary-1"]}, place) == "canary-1"


@pytest.mark.parametrize("told", [None, "text", [[]], ["text"], [{}]])
def test_places_that_make_no_sense_are_none(told: Any):
    assert Secrecy.told_by(Kettle, {SECRETS: told}, None) == Secrecy()


def test_a_number_is_masked_as_it_prints_but_not_inside_another():
    text = shown("seed 12345, 912345, 12345.5 and run-12345x", {"heat": 12345}, ["heat"])

    assert text == f"seed {MASK}, 912345, 12345.5 and run-12345x"


@pytest.mark.parametrize("heat", [123, True])
def test_a_short_number_or_a_truth_is_not_masked(heat: object):
    assert shown(f"it is {heat}", {"heat": heat}, ["heat"]) == f"it is {heat}"


def test_a_word_of_a_secret_that_is_long_enough_is_masked_alone():
    text = shown("curl: no host canary.example", {"spout": "RUN curl https://canary.example/x"}, ["spout"])

    assert text == f"curl: no host {MASK}"


def test_a_word_of_a_secret_that_the_program_also_gives_in_the_open_is_shown():
    properties = {"name": "model.safetensors", "spout": "https://x.y/model.safetensors"}

    assert shown("loading model.safetensors", properties, ["spout"]) == "loading model.safetensors"


def test_what_is_in_the_open_is_looked_for_beside_the_secret_places_only():
    properties = {"labels": {"open": "a", "hidden": "see canary-one"}, "steps": ["canary-one", "see canary-one"]}
    places: tuple[list[Any], ...] = (["labels", "hidden"], ["steps", 0], ["steps", 1])

    assert shown("canary-one", properties, *places) == MASK


def test_a_secret_of_two_letters_is_masked_in_quotes_only():
    assert shown("""gpu "T4" or 'T4', T4""", {"spout": "T4"}, ["spout"]) == f"gpu {MASK} or {MASK}, T4"


def test_of_a_secret_document_each_long_value_is_masked_and_no_setting_s_name():
    prompt = {"3": {"class_type": "KSampler (Efficient)", "inputs": {"sampler_name": "euler", "text": "canary-one"}}}
    prompt["4"] = {"class_type": "RandomNoise", "inputs": {"seed": 123456789, "cfg": 7.123456789, "steps": 20}}
    told = "KSampler (Efficient): sampler_name euler, canary-one; 123456789, 7.123456789, 20"

    masked = shown(told, {"manual": json.dumps(prompt)}, ["manual"])

    assert masked == f"KSampler (Efficient): sampler_name euler, {MASK}; {MASK}, 7.123456789, 20"


def test_a_secret_document_that_is_nested_without_end_is_masked_as_a_text():
    assert shown("[" * 20_000, {"manual": "[" * 20_000}, ["manual"]) == MASK


def test_an_older_state_s_mark_makes_every_document_secret():
    told = Secrecy.told_by(Kettle, {FORMER: True})

    assert (told.places, told.hides_documents) == (frozenset({("manual",)}), True)


def test_what_was_secret_before_is_secret_too():
    told = Secrecy.told_by(Kettle, {SECRETS: [["spout"]]}, {SECRETS: [["labels", "a"]]})

    assert {place[0] for place in told.places} == {"spout", "labels"}


@pytest.mark.parametrize(
    ("place", "is_covered"),
    [
        (("labels",), True),
        (("labels", "a"), True),
        (("labels", "a", "b"), True),
        (("labels", "c"), False),
        (("lid", "maxHeat"), True),
        (("name",), False),
    ],
)
def test_a_place_is_covered_where_it_is_in_holds_or_is_a_secret_one(place: tuple[str, ...], is_covered: bool):
    assert secrecy(["labels", "a"], ["lid", "max_heat"]).covers(place) is is_covered


def test_a_value_is_told_with_its_secrets_hidden():
    value = {"a": ["open", "canary"], "b": {"c": "canary", "d": 1}}

    hidden = secrecy(["labels", "a", 1], ["labels", "b", "c"]).hidden_in(value, ("labels",))

    assert hidden == {"a": ["open", "a secret"], "b": {"c": "a secret", "d": 1}}


def test_an_output_that_tells_a_secret_again_is_derived_from_it():
    secrecy(["spout"]).register(Kettle, {"name": "shop", "spout": "canary"})

    assert derived(Kettle, {"path": "x/canary/y", "serial": "1", "name": "canary"}) == {"path"}


def test_outputs_that_tell_nothing_secret_are_none_of_it():
    secrecy(["spout"]).register(Kettle, {"name": "shop", "spout": "canary"})

    assert derived(Kettle, {"path": "x/y", "serial": "1", "name": "canary"}) == set()


@pytest.mark.parametrize(
    ("sentence", "hidden"),
    [
        ("it begins with 'RNU'; RUN comes first", f"it begins with '{MASK}'; RUN comes first"),
        ("two clone https://x.y/o/r: one is enough", f"two clone {MASK}: one is enough"),
        ("a path to see", "a path to see"),
    ],
)
def test_a_refusal_does_not_quote_a_part_of_a_secret(sentence: str, hidden: str):
    given = {"spout": "RNU git clone HTTPS://x.y/o/r.git path"}

    assert secrecy(["spout"]).parts_hidden(sentence, given) == hidden


def test_the_places_go_on_into_the_state_and_nothing_else_hidden_does():
    assert kept({SECRETS: [["spout"]], FORMER: True, "__provider": "text", "name": "a"}) == {SECRETS: [["spout"]]}
