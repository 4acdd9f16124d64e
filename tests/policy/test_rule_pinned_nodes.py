"""The rule `pinned-nodes`: custom nodes are pinned."""

from __future__ import annotations

from good import COMMIT, machine, node

from pulumi_comfy.policy.kit import UNKNOWN, resource, said, undecided
from pulumi_comfy.policy.rules.pins import PINNED_NODES


def of(step):
    return machine(dockerCommandSteps=[step])


def registry(version):
    return {"type": "custom-node-manager", "data": {"node_id": "a", "version": version}}


def test_a_clone_at_a_whole_commit_passes():
    assert said(PINNED_NODES, of(node())) == []


def test_a_clone_of_what_is_newest_is_told():
    assert said(PINNED_NODES, of(node(hash=None))) == [
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps[0].data.hash is no whole commit, so that each build '
        "takes what is newest. Give the commit's 40 hex digits."
    ]


def test_a_short_commit_is_told():
    assert len(said(PINNED_NODES, of(node(hash="094306b")))) == 1


def test_files_whose_urls_hold_a_commit_pass():
    files = [f"https://raw.githubusercontent.com/acme/nodes/{COMMIT}/one.py"]

    assert said(PINNED_NODES, of(node(hash=None, install_type="copy", files=files))) == []


def test_files_of_a_branch_are_told():
    files = ["https://raw.githubusercontent.com/acme/nodes/main/one.py"]

    assert said(PINNED_NODES, of(node(hash=None, install_type="copy", files=files))) == [
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps[0].data.hash is no whole commit, so that each build '
        "takes what is newest. Give the commit's 40 hex digits, or URLs that hold them."
    ]


def test_a_version_of_the_registry_passes():
    assert said(PINNED_NODES, of(registry("1.2.3"))) == []


def test_the_newest_of_the_registry_is_told():
    assert said(PINNED_NODES, of(registry("latest"))) == [
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps[0].data.version is no version of a registry, such as '
        "`1.2.3`, so that each build may take another. Give the version."
    ]


def test_a_step_that_is_no_node_passes():
    assert said(PINNED_NODES, of({"type": "commands", "data": "RUN true"})) == []


def test_steps_that_are_not_known_neither_pass_nor_fail():
    one = machine(dockerCommandSteps=UNKNOWN)

    assert said(PINNED_NODES, one) == []
    assert undecided(PINNED_NODES, one) == [
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps.data.hash is not known yet.',
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps.data.version is not known yet.',
    ]


def snapshot(commit):
    nodes = {"https://github.com/acme/nodes": {"hash": commit, "disabled": False}}
    held = {"comfyui": COMMIT, "git_custom_nodes": nodes, "file_custom_nodes": []}
    return resource("selfhosted:Machine", "built", type="comfy-deploy-serverless", snapshot=held)


def test_a_node_of_a_snapshot_at_a_whole_commit_passes():
    assert said(PINNED_NODES, snapshot(COMMIT)) == []


def test_a_node_of_a_snapshot_at_a_branch_is_told():
    assert said(PINNED_NODES, snapshot("main")) == [
        'selfhosted.Machine "built": snapshot has the custom node github.com/acme/nodes at no whole commit, so that '
        "each "
        "build may take another. Give the commit's 40 hex digits."
    ]


def test_a_snapshot_that_is_not_known_neither_passes_nor_fails():
    one = resource("selfhosted:Machine", "built", snapshot=UNKNOWN)

    assert said(PINNED_NODES, one) == []
    assert undecided(PINNED_NODES, one) == ['selfhosted.Machine "built": snapshot is not known yet.']


def test_files_that_are_not_known_neither_pass_nor_fail():
    for files in (UNKNOWN, [f"https://raw.githubusercontent.com/a/b/{COMMIT}/c.py", UNKNOWN]):
        one = of(node(hash=None, install_type="copy", files=files))

        assert said(PINNED_NODES, one) == []
        assert undecided(PINNED_NODES, one) == [
            'comfydeploy.ServerlessMachine "gpu": the files of dockerCommandSteps[0].data.hash are not known yet.'
        ]
