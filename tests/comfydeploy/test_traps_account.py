"""The traps of API keys and the wire (reference 1.2, 2.8, section 6)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kinds import KINDS
from lone import up

import pulumi_comfy.comfydeploy


def test_a_key_is_found_by_its_last_characters_and_kept_for_ever(lone, emulator):
    it = lone("ApiKey")

    up(it)
    it.refresh()

    (row,) = it.rows
    assert (it.id, it.outputs["key"]) == (row["id"], row["key"])


def test_a_key_whose_answer_is_lost_is_revoked_and_made_anew(lone, emulator):
    it = lone("ApiKey")
    emulator.faults.add("POST", "/platform/api-keys", "lost")

    up(it)

    (row,) = it.rows
    assert it.outputs["key"] == row["key"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_base_url_never_says_gone(lone, emulator, kind, monkeypatch):
    it = lone(kind)
    up(it)
    right = type(emulator).comfydeploy_url
    monkeypatch.setattr(type(emulator), "comfydeploy_url", property(lambda self: f"{self.url}/comfydeploy"))

    refreshed = it.refresh()
    destroyed = it.destroy() if "delete" in it.kind.main else refreshed

    monkeypatch.setattr(type(emulator), "comfydeploy_url", right)
    assert refreshed is not None
    assert destroyed is not None
    assert it.id is not None
    assert it.rows


SOURCE = Path(pulumi_comfy.comfydeploy.__file__).parent


@pytest.mark.parametrize(
    "trap", ["/rollback", '"wait_for_build"', "/run/deployment/sync", "/machine/create", "/machines?"]
)
def test_no_code_asks_for(trap):
    """Rollback may do nothing with 200; a build's wait answers `building`; a synchronous run hides its failure."""
    code = "\n".join(re.sub(r'"""[\s\S]*?"""', "", path.read_text()) for path in SOURCE.rglob("*.py"))

    assert trap not in code
