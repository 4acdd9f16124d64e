"""Two accounts and two platforms in one program whose ids collide: each object is held and removed by its own."""

from __future__ import annotations

import httpx
import pytest
from comfydeploy_kinds import MODEL, a_machine_and_a_workflow
from programs import documents

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart

PATH = "checkpoints/a.safetensors"
"""The id of a model file, in whatever account it is."""
LINK = "https://models.example/a.safetensors"


@pytest.fixture(scope="session")
def acme(_comfy_emulator_session):
    """The key of a second account."""
    return _comfy_emulator_session.comfydeploy.key(org_id="org_acme")


class TwoVolumes:
    """One path in the volumes of two accounts."""

    def __init__(self):
        self.declared = {"ours": {"link": LINK}, "theirs": {"link": LINK, "connection": "acme"}}

    def __call__(self):
        for name, arguments in self.declared.items():
            comfy.comfydeploy.Model(name, **MODEL, **arguments)


@pytest.fixture
def program():
    return TwoVolumes()


@pytest.fixture
def stack(deploy, program, acme):
    return deploy(program, env={"COMFYDEPLOY_API_KEY_ACME": acme})


def volumes(emulator):
    """The paths of the files in each account's volume."""
    held = emulator.comfydeploy.dump()["volumes"]
    return {account: [row["path"] for row in rows] for account, rows in held.items() if rows}


def put_there(emulator, key):
    """Let somebody else download a file to the path."""
    body = {"folderPath": "checkpoints", "filename": "a.safetensors", "source": "link", "downloadLink": LINK}
    headers = {"Authorization": f"Bearer {key}"}
    httpx.post(f"{emulator.comfydeploy.url}/volume/model", headers=headers, json=body, verify=False).raise_for_status()
    emulator.clock.advance(3600)


def downloads(emulator):
    return [one for one in emulator.requests if (one.method, one.path) == ("POST", "/volume/model")]


@pytest.mark.cli
def test_one_path_in_two_accounts_is_held_by_each_and_taken_down_by_each(stack, emulator):
    stack.up()
    held = volumes(emulator)
    again = stack.up()
    stack.destroy()

    assert held == {"org_acme": [PATH], "user_demo": [PATH]}
    assert not again.changes
    assert volumes(emulator) == {}


@pytest.mark.cli
@pytest.mark.parametrize(("gone", "left"), [("ours", "org_acme"), ("theirs", "user_demo")])
def test_one_that_is_no_longer_declared_goes_although_the_other_account_s_of_its_path_stays(
    stack, program, emulator, gone, left
):
    stack.up()
    del program.declared[gone]

    stack.up()

    assert volumes(emulator) == {left: [PATH]}


def test_one_path_is_adopted_in_each_account_from_its_own(stack, program, emulator, account_key, acme):
    put_there(emulator, account_key)
    put_there(emulator, acme)
    emulator.clear_requests()
    for arguments in program.declared.values():
        arguments["adopt"] = PATH

    stack.up()

    scopes = {name: stack.resource(name)["outputs"]["scope"].rpartition("/")[2] for name in program.declared}
    assert scopes == {"ours": "user_demo", "theirs": "org_acme"}
    assert downloads(emulator) == []


def test_a_file_in_one_account_is_not_mistaken_for_one_that_the_other_holds(stack, program, emulator, acme):
    del program.declared["theirs"]
    stack.up()
    put_there(emulator, acme)
    program.declared["theirs"] = {"link": LINK, "connection": "acme"}

    result = stack.up(check=False)

    assert f"{PATH}), which this resource does not own" in result.error
    assert f'adopt="{PATH}"' in result.error


@pytest.mark.parametrize("renewed", ["ours", "theirs"])
def test_a_replacement_in_one_account_leaves_the_other_s_file(stack, program, emulator, renewed):
    stack.up()
    emulator.clear_requests()
    program.declared[renewed]["link"] = "https://models.example/b.safetensors"

    stack.up()

    assert volumes(emulator) == {"org_acme": [PATH], "user_demo": [PATH]}
    assert len(downloads(emulator)) == 1
    assert len([one for one in emulator.requests if (one.method, one.path) == ("POST", "/volume/rm")]) == 1


class TwoPlatforms:
    """A deployment on each platform; those of RunComfy take over what bears the id of the other."""

    def __init__(self):
        self.names = ["here"]
        self.adopt = None
        self.workflow_id = None

    def __call__(self):
        needs = a_machine_and_a_workflow()
        if "here" in self.names:
            comfy.comfydeploy.Deployment("here", environment="production", **needs)
        if "there" in self.names:
            comfy.runcomfy.Deployment(
                "there", name="there", workflow_id=self.workflow_id, workflow_version="v1", adopt=self.adopt
            )


@pytest.fixture
def two_platforms():
    return TwoPlatforms()


@pytest.fixture
def served_twice(deploy, two_platforms, emulator):
    """A stack that holds a deployment of one id on both platforms."""
    stack = deploy(two_platforms, env={"RUNCOMFY_API_KEY": emulator.runcomfy.key()})
    stack.up()
    two_platforms.adopt = stack.resource("here")["id"]
    two_platforms.workflow_id = emulator.runcomfy.add_workflow(documents(20)["workflow_api"])
    emulator.runcomfy.add_lora_deployment("there")
    held = emulator.runcomfy.dump(include_secrets=True, include_deleted=True)
    (row,) = held["deployments"]
    row |= {"id": two_platforms.adopt, "workflow_id": two_platforms.workflow_id, "workflow_version": "v1"}
    emulator.runcomfy.restore(held)
    two_platforms.names = ["here", "there"]
    stack.up()
    return stack


def served(emulator):
    """The ids of the deployments, by platform."""
    return {
        name: [row["id"] for row in platform.dump()["deployments"]]
        for name, platform in (("here", emulator.comfydeploy), ("there", emulator.runcomfy))
    }


def test_one_id_on_two_platforms_is_held_by_both(served_twice, two_platforms):
    assert {served_twice.resource(name)["id"] for name in ("here", "there")} == {two_platforms.adopt}
    assert served_twice.preview().changes == {}


@pytest.mark.parametrize(("gone", "left"), [("here", "there"), ("there", "here")])
def test_one_id_that_is_no_longer_declared_on_one_platform_goes_there_alone(
    served_twice, two_platforms, emulator, gone, left
):
    two_platforms.names = [left]

    served_twice.up()

    assert served(emulator) == {gone: [], left: [two_platforms.adopt]}
