"""What a preview refuses of a check's run inputs, and what it asks (docs/platforms/comfydeploy.md 3.1)."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from by_hand import a_machine_and_a_workflow
from calls import a_call, connected
from checks import a_checked_deployment, a_second_version
from lone import up

import pulumi_comfy as comfy
from pulumi_comfy.core.check import check
from pulumi_comfy.core.foresight import foresee
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.unknown import UNKNOWN
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM

NOBODY_S = str(uuid.UUID(int=1))
MISSPELT = {"promt": "a cat"}
SAYS = '"promt" is not an input of the workflow; did you mean "prompt"?'


class Preview:
    """Previews of single resources in one operation: what they refuse, and what they ask."""

    def __init__(self, emulator, account_key, needs):
        self.emulator, self.needs = emulator, needs
        self._url, self._key = emulator.comfydeploy.url, account_key
        self.memory = None

    def of(self, kind, wire, old=None, **how):
        """The sentences of the failures."""
        return asyncio.run(self._of(kind, wire, old, how))

    async def _of(self, kind, wire, old, how):
        connection = connected(self._url, self._key)
        connection.memory = self.memory = self.memory or connection.memory
        urn = Urn.parse(f"urn:pulumi:dev::comfy-test::comfy:comfydeploy:{kind}::it")
        call = a_call(connection, urn=urn, old_inputs=old, **how)
        try:
            handler = PLATFORM.handlers[kind]
            return [str(one) for one in (await foresee(handler, check(handler, wire, call), call)).failures]
        finally:
            await connection.client.http.aclose()

    def deployment(self, inputs, **changes):
        """A deployment's inputs on the wire, with a check of these run inputs."""
        ids = ("workflow", "machine", "workflow_version")
        wire = {f"{name.replace('_v', 'V')}Id": self.needs[f"{name}_id"] for name in ids}
        return {**wire, "environment": "staging", "inferenceCheck": {"inputs": inputs}, **changes}

    @property
    def asked(self):
        return [f"{one.method} {one.url_path}" for one in self.emulator.requests]


@pytest.fixture
def preview(emulator, platform, account_key):
    made = Preview(emulator, account_key, a_machine_and_a_workflow(platform))
    emulator.clear_requests()
    return made


@pytest.fixture
def deployed(preview, emulator, platform):
    """The id of a deployment that another stack made."""
    body = {**preview.needs, "environment": "production"}
    made = platform.post("/deployment", json=body).raise_for_status().json()
    emulator.clear_requests()
    return made["id"]


def test_a_run_input_that_the_version_does_not_declare_is_refused_with_the_nearest(preview):
    (refused,) = preview.of("Deployment", preview.deployment(MISSPELT))

    assert refused.startswith(f"inference_check.inputs: {SAYS}")
    assert "[COMFY1202]" in refused
    assert preview.asked == [f"GET /workflow-version/{preview.needs['workflow_version_id']}"]


def test_so_is_a_node_that_the_version_does_not_have(preview, deployed):
    expect = {"nodeIds": ["44"]}

    (refused,) = preview.of("Deployment", preview.deployment({}, inferenceCheck={"expect": expect}))
    (by_itself,) = preview.of("InferenceCheck", {"deploymentId": deployed, "expect": expect})

    says = "expect.node_ids: there is no node '44'; did you mean 4 (CLIPTextEncode)?"
    assert refused.startswith(f"inference_check.{says}")
    assert by_itself.startswith(says)
    assert all("[COMFY1202]" in one for one in (refused, by_itself))


def test_a_node_that_the_version_has_passes(preview):
    assert preview.of("Deployment", preview.deployment({}, inferenceCheck={"expect": {"nodeIds": ["4"]}})) == []


@pytest.mark.parametrize("expect", [UNKNOWN, {"nodeIds": UNKNOWN}, {"nodeIds": [UNKNOWN, "4"]}], ids=str)
def test_of_nodes_that_are_not_known_yet_nothing_is_said(preview, expect):
    assert preview.of("Deployment", preview.deployment({}, inferenceCheck={"expect": expect})) == []


def test_so_is_a_value_of_another_type(preview):
    (refused,) = preview.of("Deployment", preview.deployment({"seed": "many"}))

    assert "must be a whole number, not a text" in refused


def test_what_the_version_declares_passes(preview):
    assert preview.of("Deployment", preview.deployment({"prompt": "a cat", "seed": 1})) == []


def test_of_a_value_that_is_not_known_yet_the_name_is_judged(preview):
    assert preview.of("Deployment", preview.deployment({"seed": UNKNOWN})) == []
    assert SAYS in preview.of("Deployment", preview.deployment({"promt": UNKNOWN}))[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"workflowVersionId": UNKNOWN},
        {"inferenceCheck": UNKNOWN},
        {"inferenceCheck": {"inputs": UNKNOWN}},
        {"inferenceCheck": {}},
    ],
    ids=str,
)
def test_where_nothing_is_known_nothing_is_said_and_nothing_asked(preview, changes):
    assert preview.of("Deployment", preview.deployment(MISSPELT, **changes)) == []
    assert preview.asked == []


@pytest.mark.parametrize("changes", [{"workflowVersionId": NOBODY_S}, {"workflowId": NOBODY_S}], ids=str)
def test_of_a_version_that_is_not_the_workflow_s_nothing_is_said(preview, changes):
    assert preview.of("Deployment", preview.deployment(MISSPELT, **changes)) == []
    assert len(preview.asked) == 1


def test_while_checks_are_off_nothing_is_asked(preview, deployed):
    wire = {"deploymentId": deployed, "inputs": MISSPELT}

    assert preview.of("Deployment", preview.deployment(MISSPELT), checks_enabled=False) == []
    assert preview.of("InferenceCheck", wire, checks_enabled=False) == []
    assert preview.asked == []


@pytest.mark.parametrize("edit", [{}, {"keepWarm": 1}])
def test_a_change_of_neither_version_nor_check_asks_nothing(preview, edit):
    old = preview.deployment(MISSPELT)
    handler = PLATFORM.handlers["Deployment"]
    old = check(handler, old, a_call()).inputs

    assert preview.of("Deployment", {**old, **edit}, old) == []
    assert preview.asked == []


def test_by_itself_it_is_refused_with_one_read_of_the_deployment(preview, deployed):
    (refused,) = preview.of("InferenceCheck", {"deploymentId": deployed, "inputs": MISSPELT})

    assert refused.startswith(f"inputs: {SAYS}")
    assert preview.asked == [f"GET /deployment/{deployed}"]


def test_by_itself_of_a_deployment_that_is_not_there_nothing_is_said_after_one_read(preview):
    assert preview.of("InferenceCheck", {"deploymentId": NOBODY_S, "inputs": MISSPELT}) == []
    assert preview.asked == [f"GET /deployment/{NOBODY_S}"]


@pytest.mark.parametrize("wire", [{"deploymentId": UNKNOWN, "inputs": MISSPELT}, {"inputs": {}}], ids=str)
def test_by_itself_what_is_not_known_or_not_given_is_not_asked(preview, deployed, wire):
    assert preview.of("InferenceCheck", {"deploymentId": deployed, **wire}) == []
    assert preview.asked == []


@pytest.mark.parametrize(("version", "is_refused"), [("the same", True), (NOBODY_S, False), (UNKNOWN, False)], ids=str)
def test_by_itself_it_is_judged_by_the_version_that_the_same_up_deploys(preview, deployed, version, is_refused):
    version = preview.needs["workflow_version_id"] if version == "the same" else version
    preview.of("Deployment", preview.deployment({}, workflowVersionId=version, adopt=deployed))

    refused = preview.of("InferenceCheck", {"deploymentId": deployed, "inputs": MISSPELT})

    assert bool(refused) is is_refused
    assert f"GET /deployment/{deployed}" not in preview.asked


def service(preview, **check):
    """A program of a checked deployment, and what it is checked with; edited between operations."""

    def program():
        arguments = {**preview.needs, "environment": "staging", "inference_check": check}
        made = comfy.comfydeploy.Deployment("serving", **arguments)
        comfy.comfydeploy.InferenceCheck("by-itself", deployment_id=made.id, **check)

    return program


def test_an_up_reads_once_what_its_checks_compare_and_what_they_run(preview, deploy, emulator):
    emulator.clock.advance(emulator.settings.build_seconds)
    stack = deploy(service(preview, inputs={"prompt": "a cat"}))

    stack.up()

    reads = [f"GET /workflow-version/{preview.needs['workflow_version_id']}"]
    reads += [f"GET /deployment/{stack.resource('serving')['id']}"]
    assert [line for line in preview.asked if line.startswith(("GET /workflow-version/", "GET /deployment/"))] == reads
    emulator.clear_requests()
    assert stack.preview().changes == {}
    assert preview.asked == []


def test_the_engine_is_told_before_anything_is_written(preview, deploy, emulator):
    refused = deploy(service(preview, inputs=MISSPELT)).preview(check=False)

    assert SAYS in refused.error
    assert "[COMFY1202]" in refused.error
    assert {one.method for one in emulator.requests} == {"GET"}


def test_with_another_account_s_key_nothing_is_asked_of_what_the_state_holds(preview, deploy, emulator):
    emulator.clock.advance(emulator.settings.build_seconds)
    stack = deploy(service(preview, inputs={"prompt": "a cat"}))
    stack.up()
    stack.program = service(preview, inputs=MISSPELT)
    stack.env["COMFYDEPLOY_API_KEY"] = emulator.comfydeploy.key(org_id="org_acme")
    emulator.clear_requests()

    refused = stack.preview(check=False)

    assert "[COMFY4002]" in refused.error
    assert preview.asked == []


def test_a_run_input_of_the_next_version_passes(lone, emulator, platform, preview):
    it = a_checked_deployment(lone, emulator)
    up(it)
    it.arguments.update(a_second_version(it, platform))
    names = {"workflow_id": "workflowId", "machine_id": "machineId", "workflow_version_id": "workflowVersionId"}
    wire = {wired: it.arguments[name] for name, wired in names.items()}

    assert preview.of("Deployment", preview.deployment({"prompt": "a dog"}, **wire)) == []
