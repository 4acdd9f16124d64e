"""The rule `node-sources`: where custom nodes come from."""

from __future__ import annotations

import pytest
from good import machine, node
from made_credentials import KINDS, make

from pulumi_comfy.policy.kit import UNKNOWN, resource, said, undecided
from pulumi_comfy.policy.rules.sources import NODE_SOURCES

PASSWORD = "s3cr3t"


def of(step):
    return machine(dockerCommandSteps=[step])


def test_a_source_on_the_list_passes():
    assert said(NODE_SOURCES, of(node())) == []


def test_a_source_on_no_list_is_told_with_the_list():
    assert said(NODE_SOURCES, of(node(url="https://git.example/acme/nodes")), allowed=["github.com/"]) == [
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps[0].data.url is of git.example/acme/nodes, which is '
        "on no "
        "list; allowed: github.com/. Take another source, or add it to `node-sources`."
    ]


def test_a_user_a_password_and_a_query_of_a_url_are_not_shown():
    (told,) = said(NODE_SOURCES, of(node(url=f"https://bot:{PASSWORD}@git.example/a?key={PASSWORD}")))

    assert PASSWORD not in told
    assert "git.example/a," in told


def test_a_host_that_only_begins_alike_is_on_no_list():
    assert len(said(NODE_SOURCES, of(node(url="https://github.com.example/acme/nodes")))) == 1


def test_each_file_of_a_node_is_looked_at():
    files = ["https://raw.githubusercontent.com/a/b/c/d.py", "https://pastebin.example/raw/d.py"]

    assert len(said(NODE_SOURCES, of(node(files=files)))) == 1


def test_the_registry_can_be_refused():
    one = of({"type": "custom-node-manager", "data": {"node_id": "a", "version": "1.0"}})

    assert said(NODE_SOURCES, one) == []
    assert said(NODE_SOURCES, one, registry=False) == [
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps[0].data.version is of ComfyUI\'s registry, which is '
        "not "
        "allowed. Clone its repository at a commit, or set `registry` of `node-sources`."
    ]


def test_a_source_that_is_not_known_neither_passes_nor_fails():
    one = of(node(url=UNKNOWN))

    assert said(NODE_SOURCES, one) == []
    assert undecided(NODE_SOURCES, one) == [
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps[0].data.url is not known yet.'
    ]


def test_the_nodes_of_a_snapshot_are_looked_at():
    def held(url):
        nodes = {url: {"hash": "0" * 40, "disabled": False}}
        return resource("selfhosted:Machine", "built", snapshot={"comfyui": "0" * 40, "git_custom_nodes": nodes})

    assert said(NODE_SOURCES, held("https://github.com/acme/nodes")) == []
    assert said(NODE_SOURCES, held("https://git.example/a"), allowed=["github.com/"]) == [
        'selfhosted.Machine "built": snapshot is of git.example/a, which is on no list; allowed: github.com/. Take '
        "another "
        "source, or add it to `node-sources`."
    ]


def test_a_snapshot_that_is_not_known_neither_passes_nor_fails():
    one = resource("selfhosted:Machine", "built", snapshot=UNKNOWN)

    assert undecided(NODE_SOURCES, one) == ['selfhosted.Machine "built": snapshot is not known yet.']


def test_a_credential_in_the_path_of_a_url_is_masked():
    token = make(next(kind for kind in KINDS if kind.vendor == "Hugging Face"))

    (told,) = said(NODE_SOURCES, of(node(url=f"https://git.example/{token}/nodes")), allowed=["github.com/"])

    assert token not in told
    assert "is of git.example/[secret]/nodes, which is on no list" in told


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/../evil/nodes",
        "https://github.com/acme/%2e%2e/evil/nodes",
        "git@github.com:evil/acme/nodes.git",
        "https://[github.com/acme/nodes",
    ],
)
def test_a_url_that_only_looks_as_if_it_were_on_the_list_is_not(url):
    assert len(said(NODE_SOURCES, of(node(url=url)), allowed=["github.com/acme/"])) == 1


@pytest.mark.parametrize(
    "url",
    [
        "git@github.com:acme/nodes.git",
        "ssh://git@github.com/acme/nodes",
        "https://github.com:443/acme/nodes",
        "github.com:443/acme/nodes",
        "https://github.com//acme/nodes/",
        " https://github.com/acme/nodes",
    ],
)
def test_a_source_on_the_list_passes_however_git_writes_it(url):
    assert said(NODE_SOURCES, of(node(url=url)), allowed=["github.com/acme/"]) == []


def test_a_url_of_which_no_host_can_be_read_is_told():
    (told,) = said(NODE_SOURCES, of(node(url="https://[bad")))

    assert "dockerCommandSteps[0].data.url is of no host that can be read, which is on no list" in told


def test_the_list_may_hold_addresses_as_a_browser_writes_them():
    assert said(NODE_SOURCES, of(node()), allowed=["https://github.com/acme/"]) == []
