"""A secret that is replaced: the image that serves holds just what is declared (docs/platforms/comfydeploy.md 2.6)."""

from __future__ import annotations

from typing import Any

import pytest

import pulumi_comfy as comfy

pytestmark = [pytest.mark.cli, pytest.mark.apart]


class Tokens:
    """Two machines and a secret for some of them."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.variables = {"TOKEN": "first-value", "DEBUG": "one-two-three"}
        self.machines = ["a", "b"]

    def __call__(self) -> None:
        made = {name: comfy.comfydeploy.ServerlessMachine(name, gpu="T4") for name in ("a", "b")}
        links = [made[name].id for name in self.machines]
        comfy.comfydeploy.Secret("tokens", name=self.name, variables=self.variables, machine_ids=links)


def environments(emulator: Any) -> dict[str, dict[str, str]]:
    """The variables in the image of each machine, by the machine's first letter."""
    dump = emulator.comfydeploy.dump(include_secrets=True)
    built = {row["id"]: row["built_environment"] for row in dump["machine_versions"]}
    return {
        row["name"][0]: built[row["serving_version_id"]] for row in dump["machines"] if row["name"][:2] in ("a-", "b-")
    }


def test_a_forced_replacement_leaves_no_dropped_variable_in_an_image(deploy, emulator):
    tokens = Tokens()
    stack = deploy(tokens)
    stack.up()
    tokens.variables = {"TOKEN": "second-value"}

    replaced = stack.up(replace=["tokens"])

    assert environments(emulator) == {"a": {"TOKEN": "second-value"}, "b": {"TOKEN": "second-value"}}
    assert not any("which one it sees is not defined" in line for line in replaced.messages("tokens"))


@pytest.mark.parametrize("is_forced", [True, False])
def test_a_machine_that_the_new_one_is_not_for_loses_the_variables(deploy, emulator, is_forced):
    tokens = Tokens()
    stack = deploy(tokens)
    stack.up()
    tokens.machines = ["a"]
    if not is_forced:
        tokens.name = "another"

    stack.up(replace=["tokens"] if is_forced else [])

    assert environments(emulator) == {"a": tokens.variables, "b": {}}


def test_a_secret_is_not_deleted_for_a_name_that_is_somebody_else_s(deploy, emulator, platform):
    tokens = Tokens()
    stack = deploy(tokens)
    stack.up()
    (held,) = emulator.comfydeploy.dump()["secrets"]
    body = {"secret_name": "taken", "machine_id": held["machine_ids"][0], "secret": [{"key": "X", "value": "y"}]}
    platform.post("/machine/secret", json=body).raise_for_status()
    tokens.name = "taken"

    refused = stack.preview(check=False)

    assert not refused.ok
    assert "'taken' is the name of secret \"taken\"" in refused.error
    assert not stack.up(check=False).ok
    assert held["id"] in {row["id"] for row in emulator.comfydeploy.dump()["secrets"]}


def test_a_removed_secret_s_last_build_is_told_as_unseen_by_any_check(deploy, emulator):
    tokens = Tokens()

    def program() -> None:
        if tokens.machines:
            tokens()
        else:
            comfy.comfydeploy.ServerlessMachine("a", gpu="T4")

    stack = deploy(program)
    stack.up()
    (kept, _gone) = sorted(emulator.comfydeploy.dump()["machines"], key=lambda row: row["name"])
    tokens.machines = []

    removed = stack.up()

    (line,) = [line for line in removed.messages("tokens") if "No check of this update has seen that image" in line]
    assert kept["id"] in line
