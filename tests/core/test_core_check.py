"""check: every problem at once, each at its place in the program's spelling."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from core_toys import AUTOMATIC_NAME, FACTS, HANDLER, KettleHandler, Lid, make_call
from pydantic import Field, field_validator, model_validator

from pulumi_comfy.core.check import Checked, check
from pulumi_comfy.core.memory import Facts
from pulumi_comfy.core.model import Model
from pulumi_comfy.core.redaction import MASK, register_secret
from pulumi_comfy.core.secrecy import SECRETS, Secrecy
from pulumi_comfy.core.unknown import UNKNOWN


def checked(**news: Any) -> Checked:
    return check(HANDLER, news, make_call())


def failures(**news: Any) -> dict[str, str]:
    return {failure.path: failure.reason for failure in checked(**news).failures}


def test_a_name_that_is_left_out_stays_as_it_was_after_an_alias_or_a_renamed_stack():
    former = {"name": "red-0a1b2c3"}

    assert check(HANDLER, {}, make_call(old_inputs=former)).inputs["name"] == "red-0a1b2c3"


def test_a_given_name_that_is_taken_out_becomes_automatic():
    assert check(HANDLER, {}, make_call(old_inputs={"name": "mine"}), FACTS).inputs["name"] == AUTOMATIC_NAME


def test_defaults_are_filled_in_on_the_wire():
    assert checked(name="k").inputs == {"name": "k", "size": 1, "tags": [], "labels": {}, "mode": "slow"}


def test_checking_checked_inputs_again_changes_nothing():
    once = checked(name="k", labels={"a": "b"}, lid={"color": "red"}).inputs

    assert checked(**once).inputs == once


def test_an_omitted_name_is_derived_from_the_state_s_identity_and_the_urn():
    assert check(HANDLER, {}, make_call(), FACTS).inputs["name"] == AUTOMATIC_NAME


def test_an_omitted_name_is_unknown_while_the_state_has_no_identity_yet():
    assert check(HANDLER, {}, make_call(), Facts(is_pending=True)).inputs["name"] is UNKNOWN


def test_without_an_identity_an_omitted_name_is_random_so_that_it_meets_no_other():
    one, another = (check(HANDLER, {}, make_call()).inputs["name"] for _ in range(2))

    assert one.startswith("blue-")
    assert one != another


def test_an_unknown_name_stays_unknown():
    assert checked(name=UNKNOWN).inputs["name"] is UNKNOWN


def test_an_omitted_name_is_asked_for_where_the_shell_cannot_tell_the_urn():
    result = check(HANDLER, {"size": 2}, make_call(urn=None))

    assert [failure.path for failure in result.failures] == ["name"]


def test_a_given_name_needs_no_urn():
    result = check(HANDLER, {"name": "k"}, make_call(urn=None))

    assert result.failures == ()


@pytest.mark.parametrize("size", ["2", True, "two", 2.5], ids=repr)
def test_a_number_is_given_as_a_number(size):
    assert "a valid integer" in failures(name="k", size=size)["size"]


@pytest.mark.parametrize("power", ["2.5", True], ids=repr)
def test_so_is_one_with_a_fraction(power):
    assert "a valid number" in failures(name="k", power=power)["power"]


def test_a_whole_number_is_one_with_a_fraction_too():
    assert checked(name="k", power=2).failures == ()


@pytest.mark.parametrize("tight", ["no", "yes", "true", "1", 1, 0], ids=repr)
def test_a_truth_value_is_given_as_one_in_a_nested_model_too(tight):
    found = failures(name="k", lid={"color": "red", "isTight": tight})

    assert "a valid boolean" in found["lid.isTight"]
    assert "[COMFY1001]" in found["lid.isTight"]


def test_all_problems_are_reported_at_once_each_at_its_own_path():
    found = failures(size=0, mode="quick", lid={"color": "x"}, tags=["a", 3], labels={"b": 4})

    assert sorted(found) == ["labels.b", "lid.color", "mode", "size", "tags[1]"]


@pytest.mark.parametrize(
    ("news", "told"),
    [
        ({"lid": {"color": "red", "isTight": "loose"}}, "lid.is_tight: Input should be a valid boolean"),
        ({"labels": {"isTight": 3}}, "labels.isTight: Input should be a valid string"),
        ({"size": 0}, "size: Input should be greater than or equal to 1"),
    ],
)
def test_a_problem_is_told_with_our_names_in_snake_case_and_the_user_s_own_keys(news: dict[str, Any], told: str):
    (failure,) = checked(**news).failures

    assert str(failure).startswith(told)


def test_a_problem_of_the_inputs_as_a_whole_is_told_without_a_place():
    class Together(Model):
        one: int = 0
        two: int = 0

        @model_validator(mode="after")
        def _not_both(self) -> Together:
            raise ValueError("give either `one` or `two`")

    class TogetherHandler(KettleHandler):
        inputs_model = Together

    (failure,) = check(TogetherHandler(), {"one": 1, "two": 2}, make_call()).failures

    assert str(failure) == "give either `one` or `two` [COMFY1001]"


def test_a_reason_is_a_sentence_with_a_code():
    assert failures(size=0) == {"size": "Input should be greater than or equal to 1 [COMFY1001]"}


def test_a_missing_input_is_named():
    assert failures(lid={}) == {"lid.color": "this input is required [COMFY1001]"}


def test_what_is_no_dict_is_told_without_the_name_of_a_class():
    assert failures(lid="red") == {"lid": "a dict is expected [COMFY1001]"}


def test_a_misspelt_input_is_told_what_was_probably_meant():
    assert failures(sizes=3) == {"sizes": "there is no input 'sizes'; did you mean 'size'? [COMFY1001]"}


def test_an_input_that_resembles_nothing_gets_no_guess():
    assert failures(zzz=3) == {"zzz": "there is no input 'zzz' [COMFY1001]"}


def test_a_misspelt_nested_input_is_not_compared_with_the_top_level_names():
    assert failures(lid={"color": "red", "sizes": 1}) == {"lid.sizes": "there is no input 'sizes' [COMFY1001]"}


def test_a_misspelt_input_is_refused_even_when_its_value_is_unknown():
    assert list(failures(sizes=UNKNOWN)) == ["sizes"]


def test_the_known_rest_is_validated_beside_unknown_values():
    assert list(failures(size=UNKNOWN, labels={"a": UNKNOWN, "b": 3})) == ["labels.b"]


def test_unknown_values_alone_are_no_failure_and_stand_in_the_inputs():
    result = checked(size=UNKNOWN, tags=["a", UNKNOWN], lid={"color": UNKNOWN})

    assert result.failures == ()
    assert result.inputs["tags"] == ["a", UNKNOWN]
    assert result.inputs["lid"] == {"color": UNKNOWN, "isTight": True}


def test_the_inputs_of_a_failed_check_are_those_of_the_program():
    assert checked(size=0).inputs == {"size": 0}


def test_a_handler_finishes_the_inputs():
    assert checked(labels={"a": "b"}).inputs["labels"] == {"made-by": "us", "a": "b"}


def test_a_handler_can_refuse_inputs_with_a_sentence_at_a_path():
    assert failures(size=13, mode="fast") == {"size": "13 does not boil fast. Take another size. [COMFY1001]"}


def test_a_reason_never_repeats_a_secret():
    class Guarded(Model):
        code: Annotated[str, Field(min_length=1)]

        @field_validator("code")
        @classmethod
        def _echo(cls, code: str) -> str:
            raise ValueError(f"{code} is taken")

    class GuardedHandler(KettleHandler):
        inputs_model = Guarded

    register_secret("open-sesame-2")

    result = check(GuardedHandler(), {"code": "open-sesame-2"}, make_call())

    assert [failure.reason for failure in result.failures] == [f"{MASK} is taken [COMFY1001]"]


def test_a_validator_that_stumbles_over_an_unknown_value_refuses_nothing():
    class Strict(Model):
        code: str

        @field_validator("code")
        @classmethod
        def _must_be_text(cls, code: object) -> object:
            if not isinstance(code, str):
                raise ValueError("no text")
            return code

    class StrictHandler(KettleHandler):
        inputs_model = Strict

    assert check(StrictHandler(), {"code": UNKNOWN}, make_call()) == Checked({"code": UNKNOWN})


@pytest.mark.parametrize(
    ("key", "path"),
    [("plain", "labels.plain"), ("a.b", 'labels["a.b"]'), ("[0]", 'labels["[0]"]'), ('"', 'labels["\\""]')],
)
def test_a_key_that_is_no_word_is_quoted_in_its_path_as_pulumi_does(key: str, path: str):
    assert list(failures(labels={key: 3})) == [path]


def test_a_misspelt_input_of_a_nested_model_is_answered_with_the_one_that_was_meant():
    assert "did you mean 'is_tight'?" in failures(name="k", lid={"color": "red", "istight": True})["lid.istight"]


def test_a_misspelt_key_below_what_is_no_input_has_no_suggestion():
    class Boxed(Model):
        boxes: dict[str, Lid] = {}

    class BoxedHandler(KettleHandler):
        inputs_model = Boxed

    (failure,) = check(BoxedHandler(), {"boxes": {"a": {"color": "red", "zzz": 1}}}, make_call()).failures

    assert failure.reason.startswith("there is no input 'zzz'")


def test_a_misspelt_input_in_a_list_of_models_is_answered_too():
    class Shelf(Model):
        lids: list[Lid] = []

    class ShelfHandler(KettleHandler):
        inputs_model = Shelf

    (failure,) = check(ShelfHandler(), {"lids": [{"color": "red", "colour": "red"}]}, make_call()).failures

    assert (failure.path, "did you mean 'color'?" in failure.reason) == ("lids[0].colour", True)


def test_another_case_of_a_value_is_answered_with_the_value():
    assert "did you mean 'fast'?" in failures(name="k", mode="FAST")["mode"]


@pytest.mark.parametrize(
    ("news", "path"),
    [
        ({"size": 2**53 + 1}, "size"),
        ({"labels": {"seed": [1, 18446744073709551616]}}, "labels.seed[1]"),
        ({"power": 1e300}, "power"),
    ],
)
def test_a_whole_number_that_was_rounded_on_its_way_is_refused(news: dict[str, Any], path: str):
    found = failures(**news)

    assert found[path].startswith("a whole number beyond 2^53 lost its last digits")


@pytest.mark.parametrize(
    ("news", "path"),
    [
        ({"name": "canary\0"}, "name"),
        ({"tags": ["a", "canary\0"]}, "tags[1]"),
        ({"labels": {"a": "canary\0"}}, "labels.a"),
        ({"labels": {"canary\0": "a"}}, "labels"),
    ],
    ids=str,
)
def test_u_0000_is_refused_in_any_text_and_not_repeated(news: dict[str, Any], path: str):
    found = failures(**{"name": "k", **news})

    assert found[path].startswith("it holds U+0000")
    assert "canary" not in str(found)


@pytest.mark.parametrize("size", [2**53, True])
def test_a_whole_number_that_a_double_holds_is_not_refused_as_rounded(size: Any):
    assert "lost" not in str(failures(size=size))


@pytest.mark.parametrize(
    ("news", "place"),
    [({"mode": "fasst"}, ["mode"]), ({"lid": {"color": "r"}}, ["lid", "color"]), ({"size": "T4"}, ["size"])],
)
def test_a_refusal_of_a_secret_input_tells_neither_its_value_nor_what_is_near_it(
    news: dict[str, Any], place: list[Any]
):
    secrecy = Secrecy.told_by(KettleHandler.inputs_model, {SECRETS: [place]})
    secrecy.register(KettleHandler.inputs_model, news)

    (failure,) = check(HANDLER, news, make_call(secrecy=secrecy)).failures

    assert "did you mean" not in failure.reason
    assert not [word for word in ("fasst", "'r'", "T4") if word in failure.reason]
