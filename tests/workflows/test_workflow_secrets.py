"""Credentials in workflows: found by name and by look, told by place only."""

from __future__ import annotations

from typing import Any

import pytest
from workflow_documents import changed, document, graph_with_subgraph, make_graph, make_prompt, node, node_of

from pulumi_comfy.workflows import find_secrets
from pulumi_comfy.workflows.secrets import names_a_secret

CANARY = "canary0123456789canary0123456789"


def prompt_with(**inputs: Any) -> Any:
    return document(prompt=changed(make_prompt(), lambda p: p["3"]["inputs"].update(inputs)))


SECRET_NAMES = (
    "api_key apiKey API-KEY api_key_comfy_org auth_token_comfy_org token bearer_token hfToken password client_secret "
    "Authorization aws_secret_key credentials"
)
OTHER_NAMES = "text max_tokens token_normalization tokenizer keyframes secretary key"


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_a_name_tells_a_secret(name: str):
    assert names_a_secret(name)


@pytest.mark.parametrize("name", OTHER_NAMES.split())
def test_other_names_tell_none(name: str):
    assert not names_a_secret(name)


@pytest.mark.parametrize(
    "value",
    [
        f"comfyui-{CANARY}",
        f"sk-proj-{CANARY}",
        f"hf_{CANARY}",
        f"r8_{CANARY}",
        f"ghp_{CANARY}",
        f"github_pat_{CANARY}",
        "AKIAABCDEFGHIJKLMNOP",
        f"Bearer sk-{CANARY}",
        f"https://user:{CANARY}@host/file",
        f"https://host/file?token={CANARY}",
        f"https://host/file?a=1&access_token={CANARY}",
        f"https://host/file?X-Amz-Signature={CANARY}",
    ],
)
def test_a_value_tells_a_secret(value: str):
    assert find_secrets(prompt_with(anything=value)) == ["KSampler #3 of the API prompt: anything"]


@pytest.mark.parametrize(
    "value",
    [
        "a cat in a task-oriented risk-averse setting",
        "comfyui-my-long-output-folder-name",
        "sk-short",
        "https://host/a.png?size=large",
        "https://host:8080/a@2x.png",
        "data:image/png;base64,AAAA",
        "",
        12345,
        None,
    ],
)
def test_other_values_tell_none(value: Any):
    assert find_secrets(prompt_with(anything=value)) == []


@pytest.mark.parametrize("value", ["", "  ", ["4", 0], 5, None])
def test_an_empty_or_linked_secret_input_is_none(value: Any):
    assert find_secrets(prompt_with(api_key=value)) == []


def test_places_inside_values_are_named():
    found = find_secrets(prompt_with(settings={"auth": [{"token": CANARY}], "size": 5}))

    assert found == ["KSampler #3 of the API prompt: settings.auth[1].token"]


def test_the_default_of_a_secret_input_is_found():
    secret = changed(make_prompt(), lambda p: p["1"]["inputs"].update(input_id="api_key", default_value=CANARY))

    assert find_secrets(document(prompt=secret)) == ["ComfyUIDeployExternalText #1 of the API prompt: default_value"]


def test_widgets_of_the_graph_are_searched():
    graph = changed(make_graph(), lambda g: node_of(g, 9).update(widgets_values=[f"hf_{CANARY}"]))

    assert find_secrets(document(graph)) == ["SaveImage #9 of the graph: filename_prefix"]


def test_widgets_by_name_are_searched():
    graph = changed(make_graph(), lambda g: g["nodes"].append(node(50, "Fetch", widgets={"token": CANARY})))

    assert find_secrets(document(graph)) == ["Fetch #50 of the graph: token"]


def test_the_prompt_names_the_widgets_that_hold_a_secret():
    graph = {"nodes": [node(1, "Fetch", widgets=("a.png", CANARY))], "links": []}
    prompt = {"1": {"class_type": "Fetch", "inputs": {"file": "a.png", "api_key": CANARY}}}

    assert find_secrets(document(graph, prompt)) == [
        "Fetch #1 of the API prompt: api_key",
        "Fetch #1 of the graph: api_key",
    ]


def test_notes_properties_and_titles_are_searched():
    def change(graph: Any) -> None:
        graph["nodes"].append(node(50, "Note", widgets=(f"my key is hf_{CANARY}",), title=f"r8_{CANARY}"))
        node_of(graph, 3)["properties"] = {"apiKey": CANARY}
        graph["extra"]["pack"] = {"password": CANARY}

    assert find_secrets(document(changed(make_graph(), change))) == [
        "KSampler #3 of the graph: properties.apiKey",
        "Note #50 of the graph: widget 1",
        "Note #50 of the graph: title",
        "the graph: extra.pack.password",
    ]


def test_subgraphs_are_searched():
    def change(graph: Any) -> None:
        graph["definitions"]["subgraphs"][0]["nodes"][0]["widgets_values"][4] = f"sk-{CANARY}"
        graph["definitions"]["subgraphs"].append({"id": "other", "token": CANARY})

    assert find_secrets(document(changed(graph_with_subgraph(), change))) == [
        "KSampler #2 of subgraph Refine: sampler_name",
        "subgraph other: token",
    ]


def test_a_clean_pair_holds_none():
    assert find_secrets(document(make_graph(), make_prompt())) == []


def test_values_are_never_told():
    graph = changed(make_graph(), lambda g: node_of(g, 9).update(widgets_values=[f"hf_{CANARY}"], title=f"sk-{CANARY}"))
    prompt = changed(make_prompt(), lambda p: p["3"]["inputs"].update(api_key=CANARY, x=[f"hf_{CANARY}"]))

    told = find_secrets(document(graph, prompt))

    assert len(told) == 4
    assert CANARY not in " ".join(told)
