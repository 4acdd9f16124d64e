"""Which configuration value is in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_comfy.configuration import SETTINGS, Setting, misspelt_keys

SETTING = Setting("toyKey", "TOY_KEY", "A key of toys.", default="default")


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOY_KEY", raising=False)


def test_the_environment_wins_over_the_stack(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TOY_KEY", "environment")

    assert SETTING.value({"comfy:toyKey": "stack"}) == "environment"


def test_the_stack_wins_over_the_default():
    assert SETTING.value({"comfy:toyKey": "stack"}) == "stack"


def test_configuration_may_be_a_function():
    assert SETTING.value({"comfy:toyKey": "asked"}.get) == "asked"


@pytest.mark.parametrize("configured", [{}, {"comfy:toyKey": ""}])
def test_without_either_it_is_the_default(configured: dict[str, str]):
    assert SETTING.value(configured) == "default"


def test_without_a_default_it_is_none():
    assert Setting("other", "TOY_KEY", "Another.").value({}) is None


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_is_described_in_a_sentence_and_has_its_own_variable(setting: Setting):
    assert setting.description.endswith(".")
    assert [one.environment for one in SETTINGS].count(setting.environment) == 1


def test_a_named_connection_has_its_own_key_and_variable(monkeypatch: pytest.MonkeyPatch):
    named = SETTING.named("acme")
    monkeypatch.setenv("TOY_KEY", "of the unnamed one")

    assert (named.key, named.environment) == ("toyKey_acme", "TOY_KEY_ACME")
    assert named.value({"comfy:toyKey_acme": "its own"}) == "its own"


@pytest.mark.parametrize("connection", [None, ""])
def test_without_a_name_it_is_the_setting_itself(connection: str | None):
    assert SETTING.named(connection) is SETTING


PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_the_page_on_configuration_names_each_setting_its_variable_and_its_default(setting: Setting):
    row = f"`comfy:{setting.key}`" + (" (secret)" if setting.is_secret else "") + f" | `{setting.environment}` |"

    (line,) = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if row in line)

    assert setting.default is None or f"`{setting.default}`" in line


@pytest.mark.parametrize("setting", [s for s in SETTINGS if s.key.startswith("comfydeploy")], ids=lambda s: s.key)
def test_the_page_on_configuration_names_what_a_named_connection_takes(setting: Setting):
    named = setting.named("acme")

    assert f"`comfy:{named.key}`" in PAGE.read_text(encoding="utf-8")
    assert f"`{named.environment}`" in PAGE.read_text(encoding="utf-8")


def test_a_key_that_is_all_but_one_of_ours_is_told_with_the_one_that_was_meant():
    (sentence,) = misspelt_keys(["comfy:comfydeployApikey"])

    assert sentence.startswith("comfy:comfydeployApikey, which nothing reads: did you mean comfy:comfydeployApiKey?")


def test_a_misspelt_key_of_the_pins_is_told_too():
    (sentence,) = misspelt_keys(["comfy:pin"])

    assert sentence.startswith("comfy:pin, which nothing reads: did you mean comfy:pins?")


@pytest.mark.parametrize(
    "key",
    ["comfy:comfydeployApiKey", "comfy:pins", "comfy:comfydeployApiKey_acme", "comfy:region", "aws:comfydeployApikey"],
)
def test_any_other_key_is_somebody_s_own(key: str):
    assert list(misspelt_keys([key])) == []
