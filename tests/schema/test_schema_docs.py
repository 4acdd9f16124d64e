"""The resource pages: everything is on them, and their examples run."""

import runpy

import pytest
from mocked_programs import run

from pulumi_comfy.schema.docs import EXAMPLES
from pulumi_comfy.schema.files import ROOT, generated_files
from pulumi_comfy.schema.package import handlers

PAGES = {path: text for path, text in generated_files().items() if path.endswith(".md")}


def page(handler) -> str:
    return PAGES[f"docs/resources/{handler.token.replace(':', '/')}.md"]


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
    for document in ("portrait.json", "portrait.api.json"):
        (tmp_path / document).write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    wire = run(
        lambda: runpy.run_path(str(ROOT / EXAMPLES / platform / f"{snake}.py")) and None,
        config={"project:hfToken": "hf_example", "project:workstationToken": "example"},
    )

    assert f"pulumi-python:dynamic/comfy/{handler.token}" in {args.typ for args in wire.seen.values()}
