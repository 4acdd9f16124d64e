"""An exported state as rules see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from good import proof
from states import ciphertext, plaintext, state

from pulumi_comfy.core.unknown import UNKNOWN
from pulumi_comfy.policy import RULES
from pulumi_comfy.policy.choices import choices_of
from pulumi_comfy.policy.judging import judge
from pulumi_comfy.policy.state import StateError, read_state, stack_of_state
from pulumi_comfy.policy.values import plain

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


def said(document, **choices):
    return [(one.rule, one.name, one.is_undecided) for one in judge(RULES, stack_of_state(document, **choices))]


def test_a_good_state_passes():
    assert said(state()) == []


def test_who_fails_is_told_by_name():
    assert said(state(machine={"keepWarm": 9}, protect=False, proof=None)) == [
        ("keep-warm", "gpu", False),
        ("protected-production", "serving", False),
        ("production-proof", "serving", False),
    ]


def test_the_environment_is_what_the_configuration_in_the_state_says():
    assert stack_of_state(state("staging")).surroundings.environment == "staging"


def test_the_environment_can_be_said():
    assert stack_of_state(state(None), "dev").surroundings.environment == "dev"


def test_a_state_that_tells_no_environment_has_none():
    assert stack_of_state(state(None)).surroundings.environment is None


def test_the_environment_variable_wins_over_the_state(monkeypatch):
    monkeypatch.setenv("COMFY_ENVIRONMENT", "dev")

    assert stack_of_state(state("production")).surroundings.environment == "dev"


def test_a_secret_that_is_encrypted_is_not_known():
    assert ("allowed-gpus", "gpu", True) in said(state(machine={"gpu": ciphertext()}))


def test_a_secret_in_the_clear_is_judged():
    assert said(state(machine={"keepWarm": plaintext(9)})) == [("keep-warm", "gpu", False)]


def test_what_waits_for_its_deletion_is_not_asked():
    document = state(machine={"keepWarm": 9})
    document["deployment"]["resources"][2]["delete"] = True

    assert said(document) == []


def test_an_empty_state_passes():
    assert said({"version": 3, "deployment": {}}) == []


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (UNKNOWN_TEXT, UNKNOWN),
        ({OUTPUT: 1, "4dabf18193072939515e22adb298388d": OUTPUT}, UNKNOWN),
        ({"value": "a", "4dabf18193072939515e22adb298388d": OUTPUT}, "a"),
        (plaintext({"a": [1]}), {"a": [1]}),
        (ciphertext(), UNKNOWN),
        ({"value": 3, "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}, 3),
        ([UNKNOWN_TEXT, 1.0, None, True], [UNKNOWN, 1.0, None, True]),
    ],
)
def test_a_value_is_seen_without_pulumis_marks(value, seen):
    assert plain(value) == seen


@pytest.mark.parametrize(
    ("text", "words"), [("{", "cannot be read as JSON"), ("[]", "is no state"), ("{}", "is no state")]
)
def test_a_file_that_is_no_state_is_refused(text, words):
    with pytest.raises(StateError, match=words):
        read_state(text, Path("state.json"))


SECRET = "Zx7kept-from-all"


@pytest.mark.parametrize(
    "machine",
    [
        {"gpu": plaintext(SECRET)},
        {"dockerCommandSteps": [{"type": "custom-node", "data": {"url": plaintext(f"https://git.example/{SECRET}")}}]},
        {"dockerCommandSteps": plaintext([{"type": "custom-node", "data": {"url": f"https://git.example/{SECRET}"}}])},
    ],
)
def test_no_message_tells_what_the_state_holds_as_a_secret_in_the_clear(machine):
    choices = choices_of({"allowed-gpus": {"gpus": ["T4"]}, "hourly-cost": {"most": 0}}, RULES)
    found = judge(RULES, stack_of_state(state(machine=machine)), choices)

    assert {one.rule for one in found} & {"allowed-gpus", "node-sources"}
    assert not [one.message for one in found if SECRET in one.message]


def test_what_is_secret_as_a_whole_does_not_mask_the_words_of_the_rules():
    steps = [{"type": "commands", "data": f"RUN echo raw commands {SECRET}"}]
    found = judge(RULES, stack_of_state(state(machine={"dockerCommandSteps": plaintext(steps)})))

    (told,) = (one.message for one in found if one.rule == "raw-commands")
    assert "dockerCommandSteps[0].data holds raw commands, which nothing pins." in told


def test_no_message_tells_a_secret_of_a_proof():
    found = judge(RULES, stack_of_state(state(proof=plaintext(proof(workflowVersion=SECRET)))))

    assert [one.rule for one in found] == ["production-proof"]
    assert SECRET not in found[0].message
