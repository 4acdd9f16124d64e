"""The pages of resources and functions: everything is on them, and their examples run."""

import re
import runpy
import shutil

import pytest
from mocked_programs import run

import pulumi_comfy as comfy
from pulumi_comfy.schema.docs.pages import EXAMPLES
from pulumi_comfy.schema.files import ROOT, generated_files
from pulumi_comfy.schema.package import functions, handlers
from pulumi_comfy.schema.python.text import snake

PAGES = {path: text for path, text in generated_files().items() if path.endswith(".md")}


def page(handler) -> str:
    return PAGES[f"docs/resources/{handler.token.replace(':', '/')}.md"]


def function_page(function) -> str:
    platform, name = function.token.split(":")
    return PAGES[f"docs/functions/{platform}/{snake(name)}.md"]


def beside_the_quickstarts_documents(folder):
    for document in (ROOT / "examples" / "comfydeploy-quickstart").glob("*.json"):
        shutil.copy(document, folder)
    return folder


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.token)
def test_every_field_is_on_the_page(handler):
    names = [*handler.inputs_model.model_fields, *handler.outputs_model.model_fields]

    assert [name for name in names if f"| `{name}` |" not in page(handler)] == []


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.token)
def test_links_of_the_page_lead_to_its_headings(handler):
    lines = page(handler).splitlines()
    headings = {line.lstrip("# ").lower() for line in lines if line.startswith("### ")}

    linked = {part.partition(")")[0] for part in page(handler).split("](#")[1:]}

    assert linked <= headings


def test_a_page_with_secrets_says_how_they_are_kept():
    assert "## Security" in PAGES["docs/resources/comfydeploy/Secret.md"]


def test_limits_are_moved_to_their_own_heading():
    text = PAGES["docs/resources/comfydeploy/Deployment.md"]

    assert "\nLimits:" not in text
    assert "## Limits\n\nA workflow has at most one deployment for each environment" in text


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.token)
def test_the_example_declares_the_resource(handler, tmp_path, monkeypatch):
    platform, name = handler.token.split(":")
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
    monkeypatch.chdir(beside_the_quickstarts_documents(tmp_path))

    wire = run(
        lambda: runpy.run_path(str(ROOT / EXAMPLES / platform / f"{snake}.py")) and None,
        config=dict.fromkeys(("project:hfToken", "project:workstationToken", "project:comfyOrgKey"), "example"),
    )

    assert f"pulumi-python:{handler.token}" in {args.typ for args in wire.seen.values()}


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.token)
def test_only_what_can_be_adopted_says_how(handler):
    assert ("## Take over what exists" in page(handler)) == ("adopt" in handler.inputs_model.model_fields)


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.token)
def test_what_can_be_adopted_says_what_becomes_of_undeclared_fields_and_of_the_name(handler):
    fields = handler.inputs_model.model_fields
    section = page(handler).partition("## Take over what exists")[2].partition("## ")[0]

    if "adopt" in fields:
        assert "a field that is not declared goes to its default" in section
        assert ("declare `name`" in section) == ("name" in fields)


@pytest.mark.parametrize("text", [text for path, text in PAGES.items() if "/resources/" in path])
def test_no_sentence_of_a_page_is_cut(text):
    assert not re.search(r"e\.g\. [A-Z]", text)


def test_the_model_page_says_that_there_is_one_source():
    assert "exactly one of `huggingface`, `civitai` and `link`" in PAGES["docs/resources/comfydeploy/Model.md"]


@pytest.mark.parametrize("name", ["deployment", "secret"])
def test_an_example_with_a_check_passes_it(name, comfy_stack, comfy_emulator, tmp_path, monkeypatch):
    comfy_emulator.settings.build_seconds = comfy_emulator.settings.run_seconds = 0.02
    monkeypatch.chdir(beside_the_quickstarts_documents(tmp_path))
    program = str(ROOT / EXAMPLES / "comfydeploy" / f"{name}.py")

    stack = comfy_stack(
        lambda: runpy.run_path(program) and None,
        secret_config={"hfToken": "hf_example"},
        env={"PULUMI_COMFY_PACE": "0.05"},
    )

    assert "inference check passed" in "\n".join(stack.up().messages("serving"))


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.token)
def test_every_field_is_on_the_functions_page(function):
    names = [*function.inputs_model.model_fields, *function.outputs_model.model_fields]

    assert [name for name in names if f"| `{name}` |" not in function_page(function)] == []


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.token)
def test_a_functions_page_names_its_output_form_and_its_errors(function):
    platform, name = function.token.split(":")
    codes = re.findall(r"\[(COMFY\d+)\]\(\.\./\.\./errors\.md#(\w+)\)", function_page(function))
    errors = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")

    assert f"comfy.{platform}.{snake(name)}_output(" in function_page(function)
    assert len(codes) >= 3
    assert [code for code, anchor in codes if f"### {code}\n" not in errors or anchor != code.lower()] == []


def owner():
    machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4", name="shared-gpu")
    workflow = comfy.comfydeploy.Workflow(
        "it", name="text-to-image", workflow="text_to_image.json", workflow_api="text_to_image.api.json"
    )
    comfy.comfydeploy.Deployment(
        "serving",
        workflow_id=workflow.id,
        workflow_version_id=workflow.version_id,
        machine_id=machine.id,
        environment="production",
    )


def owner_on_runcomfy(workflow_id):
    comfy.runcomfy.Deployment("serving", workflow_id=workflow_id, workflow_version="v1")


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.token)
def test_the_example_of_a_function_runs(function, comfy_stack, comfy_emulator, tmp_path, monkeypatch):
    comfy_emulator.settings.build_seconds = 0.02
    monkeypatch.chdir(beside_the_quickstarts_documents(tmp_path))
    platform, name = function.token.split(":")
    text = (ROOT / EXAMPLES / platform / f"{snake(name)}.py").read_text(encoding="utf-8")
    if platform == "comfydeploy":
        comfy_stack(owner, project="owner").up()
    elif platform == "comfycloud":
        comfy_emulator.comfycloud.add_workflow({"nodes": [], "links": []}, "hero")
    elif platform == "runcomfy":
        workflow_id = comfy_emulator.runcomfy.add_workflow({"1": {"class_type": "SaveImage", "inputs": {}}})
        comfy_stack(lambda: owner_on_runcomfy(workflow_id), project="owner").up()
        (made,) = comfy_emulator.runcomfy.dump()["deployments"]
        text = text.replace("0d6f7e61-4d3b-4a2d-9c58-0c3f2d7f6b02", made["id"])
    (tmp_path / "example.py").write_text(text, encoding="utf-8")

    reader = comfy_stack(lambda: runpy.run_path(str(tmp_path / "example.py")) and None, project="reader")

    assert reader.up().ok
