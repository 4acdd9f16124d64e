"""The traps of secrets, model files, API keys and the wire (reference 1.2, 2.6 to 2.8, section 6)."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from kinds import KINDS
from lone import bodies, up

import pulumi_comfy.comfydeploy


def two_machines(platform):
    return [platform.post("/machine/serverless", json={"name": n, "gpu": "T4"}).json()["id"] for n in "ab"]


def test_a_toggle_whose_answer_is_lost_is_not_repeated(lone, platform, emulator):
    machines = two_machines(platform)
    it = lone("Secret", machine_ids=machines)
    emulator.faults.add("PATCH", "/machine/secret", "lost")

    up(it)

    assert len(bodies(it, "PATCH", "/machine/secret")) == 1
    assert sorted(it.rows[0]["machine_ids"]) == sorted(machines)


def test_a_toggle_that_did_not_happen_is_an_error_and_the_next_up_links(lone, platform, emulator):
    it = lone("Secret", machine_ids=two_machines(platform))
    emulator.faults.add("PATCH", "/machine/secret", "reset")

    error = it.up()

    assert error is not None
    assert len(bodies(it, "PATCH", "/machine/secret")) == 1
    up(it)
    it.assert_settled()


def test_a_link_that_somebody_took_away_is_put_back_and_no_other_is_toggled(lone, platform, emulator):
    machines = two_machines(platform)
    it = lone("Secret", machine_ids=machines)
    up(it)
    platform.patch("/machine/secret", json={"machine_id": machines[1], "secret_id": it.id}).raise_for_status()
    it.refresh()

    up(it)

    assert sorted(it.rows[0]["machine_ids"]) == sorted(machines)


def test_a_variable_taken_out_is_gone_since_the_whole_list_is_sent(lone):
    it = lone("Secret", variables={"A": "value-1", "B": "value-2"})
    up(it)
    it.arguments["variables"] = {"B": "value-2"}

    up(it)

    assert it.rows[0]["variables"] == {"B": "value-2"}


def test_a_secret_takes_effect_only_after_a_rebuild_so_the_machine_is_rebuilt(lone, emulator):
    it = lone("Secret")
    up(it)
    it.arguments["variables"] = {"TOKEN": "canary-3"}

    up(it)

    newest = it.outputs["machineVersionIds"][it.arguments["machine_ids"][0]]
    versions = {row["id"]: row for row in emulator.dump(include_secrets=True)["machine_versions"]}
    assert versions[newest]["built_environment"] == {"TOKEN": "canary-3"}
    assert versions[newest]["status"] == "ready"


def test_an_organisation_s_secret_that_a_personal_key_is_shown_is_no_namesake(lone, emulator):
    key = emulator.comfydeploy_key(org_id="org_acme")
    organisation = httpx.Client(base_url=emulator.comfydeploy_url, headers={"Authorization": f"Bearer {key}"})
    machine = organisation.post("/machine/serverless", json={"name": "theirs", "gpu": "T4"}).json()["id"]
    body = {"secret_name": "tokens", "machine_id": machine, "secret": [{"key": "A", "value": "b"}]}
    organisation.post("/machine/secret", json=body).raise_for_status()
    organisation.close()
    it = lone("Secret", name="tokens")

    assert it.up() is None


def test_an_existing_file_is_refused_with_its_path(lone, platform):
    first = lone("Model")
    up(first)

    error = lone("Model").up()

    assert "checkpoints/a.safetensors" in str(error)
    assert 'adopt="checkpoints/a.safetensors"' in str(error)


def test_a_download_under_way_is_joined_when_the_answer_is_lost(lone, emulator):
    emulator.settings.download_seconds = 0.2
    it = lone("Model")
    emulator.faults.add("POST", "/volume/model", "lost")

    up(it)

    assert len(bodies(it, "POST", "/volume/model")) == 1
    it.assert_settled()


def test_a_failed_download_stays_listed_and_does_not_stop_the_next(lone):
    it = lone("Model", link="https://models.example/fail.safetensors")

    failed = it.up()
    it.arguments["link"] = "https://models.example/good.safetensors"
    up(it)

    assert failed is not None
    assert failed.code == "COMFY3201"
    it.assert_settled()


def test_a_url_signed_anew_is_no_change(lone):
    it = lone("Model")
    up(it)
    it.arguments["link"] = "https://models.example/a.safetensors?signature=another-one"

    assert not it.has_changes()


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
