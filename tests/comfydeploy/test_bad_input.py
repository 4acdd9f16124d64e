"""Bad input: one clear sentence each, as early as possible, nothing left behind."""

from __future__ import annotations

import json
import re

import pulumi
import pytest
from programs import Service, quickstart_documents

import pulumi_comfy as comfy

GRAPH, PROMPT = quickstart_documents()


def machine(**changed):
    return lambda: comfy.comfydeploy.ServerlessMachine("gpu", **{"gpu": "T4", **changed})


def workflow(**changed):
    return lambda: comfy.comfydeploy.Workflow("portrait", **{"workflow": GRAPH, "workflow_api": PROMPT, **changed})


def deployment(**changed):
    fields = {
        "workflow_id": "6e9c0fb4-6ea1-4b4c-8a21-64a3f4f8f8aa",
        "workflow_version_id": "5b7f0d0e-8f4b-4a6e-9f0a-0f3b0b5d4a11",
        "machine_id": "0c6f7a9e-30d4-4b3b-8a8d-70a7b1f7e1de",
        "environment": "staging",
    }
    return lambda: comfy.comfydeploy.Deployment("serving", **{**fields, **changed})


def secret(**changed):
    fields = {"variables": {"A": "b"}, "machine_ids": ["0c6f7a9e-30d4-4b3b-8a8d-70a7b1f7e1de"]}
    return lambda: comfy.comfydeploy.Secret("tokens", **{**fields, **changed})


def model(**changed):
    fields = {"folder_path": "loras", "filename": "a.safetensors", "link": "https://models.example/a.safetensors"}
    return lambda: comfy.comfydeploy.Model("style", **{**fields, **changed})


LOOP = {"1": {"class_type": "KSampler", "inputs": {"latent_image": ["1", 0]}}}
SAVED_LOOP = {**LOOP, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}
PICTURE = {"3": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}

AT_PREVIEW = {
    "wrong GPU": (machine(gpu="RTX4090"), "gpu"),
    "unknown environment": (deployment(environment="prod"), "environment"),
    "negative limit": (machine(concurrency_limit=-1), "concurrency_limit"),
    "negative limit of a deployment": (deployment(keep_warm=-1), "keep_warm"),
    "ComfyUI version that is a tag": (machine(comfyui_version="latest"), "40 hex digits"),
    "an id that is none, which the platform answers with a 500": (deployment(workflow_id="portrait"), "workflow_id"),
    "an id to adopt that is none": (workflow(adopt="portrait"), "adopt"),
    "a machine's id that is none": (secret(machine_ids=["gpu"]), "machine_ids[0]"),
    "a model's folder with a slash": (model(folder_path="/loras"), "folder_path"),
    "build step without its url": (
        machine(docker_command_steps=[{"type": "custom-node", "data": {"install_type": "git-clone"}}]),
        "`url`",
    ),
    "malformed workflow": (workflow(workflow='{"nodes": ['), "workflow"),
    "a UI graph alone": (workflow(workflow_api=None), "Export (API)"),
    "neither format": (workflow(workflow={"hello": 1}, workflow_api=None), "workflow"),
    "a loop that every output needs": (workflow(workflow=SAVED_LOOP, workflow_api=None), "#1 -> #1 form a loop"),
    "variable name with a space": (secret(variables={"MY KEY": "x"}), "MY KEY"),
    "secret without machines": (secret(machine_ids=[]), "machine_ids"),
    "unknown failure policy": (deployment(inference_check={"on_failure": "explode"}), "on_failure"),
}


@pytest.mark.parametrize(("program", "names"), AT_PREVIEW.values(), ids=AT_PREVIEW.keys())
def test_bad_input_is_refused_at_preview_and_names_the_property(deploy, emulator, program, names):
    stack = deploy(program)

    result = stack.preview(check=False)

    assert not result.ok
    assert names in result.error
    assert "Traceback" not in result.error
    assert re.search(r"COMFY1\d\d\d", result.error)
    assert list(emulator.requests) == []


@pytest.mark.cli
@pytest.mark.comfy_fresh_processes
def test_a_refused_secret_is_named_and_its_value_never_printed(deploy):
    stack = deploy(secret(variables={"MY KEY": "canary-value", "OTHER": "canary-other"}))

    result = stack.preview(check=False)

    assert "variables" in result.error
    assert "canary" not in result.error + str(result.diagnostics)


def test_every_failure_is_reported_at_once(deploy):
    stack = deploy(machine(gpu="RTX4090", run_timeout=-3))

    result = stack.preview(check=False)

    assert "gpu" in result.error
    assert "run_timeout" in result.error


def test_an_unknown_run_input_is_refused_before_anything_is_deployed(deploy, emulator):
    stack = deploy(Service(check={"inputs": {"promt": "a cat"}}).program)

    result = stack.up(check=False)

    assert "promt" in result.error
    assert "COMFY1202" in result.error
    assert emulator.comfydeploy.dump()["deployments"] == []
    assert emulator.comfydeploy.dump()["runs"] == []


@pytest.mark.comfy_fresh_processes
def test_a_credential_that_is_no_key_is_said_at_preview_and_not_repeated(deploy):
    stack = deploy(machine(), env={"COMFYDEPLOY_API_KEY": "not-a-key-canary"})

    result = stack.preview(check=False)

    assert "COMFY1103" in result.error
    assert "not-a-key-canary" not in result.error


def test_import_names_adopt_instead(deploy):
    def program():
        comfy.comfydeploy.Workflow(
            "portrait", pulumi.ResourceOptions(import_="abc"), workflow=GRAPH, workflow_api=PROMPT
        )

    result = deploy(program).preview(check=False)

    assert "adopt='abc'" in result.error


@pytest.mark.cli
@pytest.mark.parametrize("option", [{"version": "1.2.3"}, {"plugin_download_url": "https://plugins.example"}])
def test_options_that_choose_a_plugin_are_refused_since_there_is_none(deploy, option):
    options = pulumi.ResourceOptions(**option)

    result = deploy(lambda: comfy.comfydeploy.ApiKey("ci", options) and None).preview(check=False)

    assert f"ci: `{next(iter(option))}` says which plugin to use" in result.error
    assert "Traceback" not in result.error


MAY_NOT_RUN = {
    "no output": (PICTURE, "the prompt has no output node"),
}


@pytest.mark.parametrize(("prompt", "says"), MAY_NOT_RUN.values(), ids=MAY_NOT_RUN.keys())
def test_what_stands_against_a_run_is_a_warning_of_the_preview(deploy, prompt, says):
    result = deploy(workflow(workflow=prompt, workflow_api=None)).preview()

    assert f"the workflow may not run: {says}" in "\n".join(result.messages("portrait"))


def test_64_bit_seeds_survive(deploy, emulator):
    seed = 2**64 - 1
    prompt = json.loads(json.dumps(PROMPT))
    prompt["7"]["inputs"]["seed"] = seed
    deploy(workflow(workflow=prompt, workflow_api=None)).up()

    (version,) = emulator.comfydeploy.dump()["versions"]

    assert version["workflow_api"]["7"]["inputs"]["seed"] == seed


@pytest.mark.parametrize("key", ["comfydeployURL", "inferenceCheck", "comfydeployApikey"])
def test_a_misspelt_configuration_key_stops_the_program_since_nothing_would_read_it(deploy, emulator, key):
    stack = deploy(machine(), config={f"comfy:{key}": "x"})

    result = stack.preview(check=False)

    assert "did you mean comfy:" in result.error
    assert list(emulator.requests) == []


def test_keys_of_a_project_that_is_itself_called_comfy_are_its_own(deploy):
    assert deploy(machine(), config={"comfy:region": "x", "comfy:comfydeployUrl_acme": "http://x"}).preview().ok
