"""Named connections: one program serves several accounts, and no key touches what belongs to another."""

from __future__ import annotations

import pytest
from programs import documents

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart


@pytest.fixture(scope="session")
def accounts(_comfy_emulator_session):
    """The keys of two accounts beside the unnamed one; the same for all tests, so that processes are soon at hand."""
    return {name: _comfy_emulator_session.comfydeploy.key(org_id=f"org_{name}") for name in ("acme", "umbrella")}


def two_accounts():
    comfy.comfydeploy.Workflow("ours", name="portrait", **documents(20))
    comfy.comfydeploy.Workflow("theirs", name="portrait", connection="acme", **documents(20))


def owners(emulator):
    return sorted(str(row["org_id"]) for row in emulator.comfydeploy.dump()["workflows"])


@pytest.mark.cli
def test_one_program_serves_two_accounts(deploy, emulator, accounts):
    stack = deploy(two_accounts, env={"COMFYDEPLOY_API_KEY_ACME": accounts["acme"]})

    stack.up()
    held = owners(emulator)
    stack.refresh()
    unchanged = stack.preview()
    stack.destroy()

    assert held == ["None", "org_acme"]
    assert unchanged.changes == {}
    assert owners(emulator) == []


def test_a_named_key_comes_from_the_configuration_too(deploy, emulator, accounts):
    stack = deploy(two_accounts, secret_config={"comfy:comfydeployApiKey_acme": accounts["acme"]})

    stack.up()

    assert owners(emulator) == ["None", "org_acme"]


def test_a_missing_named_key_names_its_variable_and_its_configuration(deploy, emulator):
    result = deploy(two_accounts).preview(check=False)

    assert "COMFYDEPLOY_API_KEY_ACME" in result.error
    assert "pulumi config set --secret comfy:comfydeployApiKey_acme" in result.error
    assert emulator.requests == []


@pytest.mark.parametrize("name", ["my-acme", "Acme", "no pe!"])
def test_a_name_that_can_be_none_is_refused_before_a_key_is_looked_for(deploy, name):
    result = deploy(lambda: comfy.comfydeploy.ApiKey("ci", connection=name) and None).preview(check=False)

    assert f"{name!r} is not a name of lower-case letters, digits and underscores" in result.error
    assert "API_KEY_" not in result.error


def test_a_question_under_a_name_that_can_be_none_is_refused_so_too(deploy):
    result = deploy(lambda: comfy.comfydeploy.get_gpu_pricing(connection="my-acme") and None).preview(check=False)

    assert "'my-acme' is not a name of lower-case letters" in result.error


@pytest.mark.parametrize("operation", ["preview", "up", "refresh", "destroy"])
def test_a_connection_whose_key_is_of_another_account_changes_nothing_there(deploy, emulator, accounts, operation):
    stack = deploy(two_accounts, env={"COMFYDEPLOY_API_KEY_ACME": accounts["acme"]})
    stack.up()
    stack.env["COMFYDEPLOY_API_KEY_ACME"] = accounts["umbrella"]

    result = getattr(stack, operation)(check=False)

    assert "org_acme" in result.error
    assert "org_umbrella" in result.error
    assert "org_acme" in owners(emulator)
    assert stack.resource("theirs")


def test_moving_a_resource_to_another_account_s_connection_is_refused(deploy, emulator, accounts):
    connection = [None]
    stack = deploy(
        lambda: comfy.comfydeploy.Workflow("it", connection=connection[0], **documents(20)) and None,
        env={"COMFYDEPLOY_API_KEY_ACME": accounts["acme"]},
    )
    stack.up()
    connection[0] = "acme"

    result = stack.preview(check=False)

    assert "belongs to" in result.error
    assert owners(emulator) == ["None"]


def test_another_name_for_the_same_account_is_a_change_of_bookkeeping_only(deploy, emulator, account_key):
    connection = [None]
    stack = deploy(
        lambda: comfy.comfydeploy.ServerlessMachine("it", connection=connection[0], gpu="T4") and None,
        env={"COMFYDEPLOY_API_KEY_SAME": account_key},
    )
    stack.up()
    connection[0] = "same"
    emulator.clear_requests()

    result = stack.up()

    assert result.operation("it").op == "update"
    assert [request for request in emulator.requests if request.method != "GET"] == []


def test_no_named_key_is_in_the_state(deploy, accounts):
    stack = deploy(two_accounts, env={"COMFYDEPLOY_API_KEY_ACME": accounts["acme"]})

    stack.up()

    assert accounts["acme"] not in stack.export_text()
