"""From a dump back to a platform: it holds what it held, serves what it served, and goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from emulated_objects import make_machine, make_running_deployment, make_workflow, run_to_end

from pulumi_comfy.emulator import Emulator, EmulatorClient

WHOLE = {"include_secrets": True, "include_deleted": True}


@pytest.fixture
def another() -> Iterator[Emulator]:
    """An emulator of the same seed, so that it would draw the ids that the first one drew."""
    with Emulator() as running:
        yield running
        assert running.internal_errors == []


def make_one_of_each(api: httpx.Client, emulator: Emulator) -> dict[str, Any]:
    """Fill every table, with something deleted and something under way."""
    deployment = make_running_deployment(api, emulator)
    secret = {"secret": [{"key": "TOKEN", "value": "x"}], "secret_name": "s", "machine_id": deployment["machine_id"]}
    api.post("/machine/secret", json=secret).raise_for_status()
    rebuilt = api.patch(f"/machine/serverless/{deployment['machine_id']}", json={"run_timeout": 77})
    rebuilt.raise_for_status()
    emulator.clock.advance(61)
    run_to_end(api, emulator, deployment)
    link = {"source": "link", "folderPath": "x", "filename": "m.bin", "downloadLink": "https://models.example/m.bin"}
    api.post("/volume/model", json=link).raise_for_status()
    emulator.clock.advance(61)
    api.delete(f"/workflow/{make_workflow(api, name='old')['id']}").raise_for_status()
    revoke(api, emulator, "revoked")
    make_machine(api, name="under-way")
    return deployment


def revoke(api: httpx.Client, emulator: Emulator, name: str) -> str:
    """A key that was made and revoked."""
    api.post("/platform/api-keys", json={"name": name}).raise_for_status()
    made = next(row for row in emulator.comfydeploy.dump(include_secrets=True)["api_keys"] if row["name"] == name)
    api.delete(f"/platform/api-keys/{made['id']}").raise_for_status()
    return str(made["key"])


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def client_of(emulator: Emulator) -> httpx.Client:
    headers = {"authorization": f"Bearer {emulator.comfydeploy.key()}"}
    return httpx.Client(base_url=emulator.comfydeploy.url, headers=headers, trust_env=False, verify=False, timeout=10)


def test_a_restored_platform_gives_the_same_dump(api: httpx.Client, emulator: Emulator, another: Emulator) -> None:
    make_one_of_each(api, emulator)
    held = as_json(emulator.comfydeploy.dump(**WHOLE))

    another.comfydeploy.restore(held)

    assert [name for name, rows in held.items() if not rows] == []
    assert as_json(another.comfydeploy.dump(**WHOLE)) == held


def test_a_restored_deployment_runs(api: httpx.Client, emulator: Emulator, another: Emulator) -> None:
    deployment = make_one_of_each(api, emulator)
    another.comfydeploy.restore(as_json(emulator.comfydeploy.dump(**WHOLE)))

    with client_of(another) as client:
        run = run_to_end(client, another, deployment)

    assert run["status"] == "success"


def test_a_revoked_key_stays_revoked(api: httpx.Client, emulator: Emulator, another: Emulator) -> None:
    key = revoke(api, emulator, "leaked")
    another.comfydeploy.restore(as_json(emulator.comfydeploy.dump(**WHOLE)))
    another.clock.advance(11)
    headers = {"authorization": f"Bearer {key}"}

    with client_of(another) as client:
        assert client.get("/machines", headers=headers).status_code == 401


def test_what_is_made_after_a_restore_has_an_id_of_its_own_and_is_younger(
    api: httpx.Client, emulator: Emulator, another: Emulator
) -> None:
    emulator.clock.advance(3600)  # the other one's clock is an hour behind
    first = make_workflow(api)
    another.comfydeploy.restore(as_json(emulator.comfydeploy.dump(**WHOLE)))

    with client_of(another) as client:
        make_workflow(client, name="second")

    before, after = another.comfydeploy.dump()["workflows"]
    assert before["id"] == first["id"] != after["id"]
    assert before["created_at"] < after["created_at"]


def test_restoring_forgets_what_was_there(api: httpx.Client, emulator: Emulator) -> None:
    empty = as_json(emulator.comfydeploy.dump(**WHOLE))
    make_one_of_each(api, emulator)

    emulator.comfydeploy.restore(empty)

    assert as_json(emulator.comfydeploy.dump(**WHOLE)) == empty


def test_the_client_restores_too(api: httpx.Client, emulator: Emulator, another: Emulator) -> None:
    make_workflow(api)
    held = as_json(emulator.comfydeploy.dump(**WHOLE))

    with EmulatorClient(another.url) as client:
        client.comfydeploy.restore(held)

    assert as_json(another.comfydeploy.dump(**WHOLE)) == held


@pytest.mark.parametrize("broken", ["table", "row", "moment"])
def test_what_is_no_dump_is_refused_and_leaves_an_empty_platform(
    broken: str, api: httpx.Client, emulator: Emulator, another: Emulator
) -> None:
    make_workflow(api)
    held: dict[str, Any] = as_json(emulator.comfydeploy.dump(**WHOLE))
    if broken == "table":
        held["tables"] = []
    elif broken == "row":
        held["workflows"] = [{"name": "without an id"}]
    else:
        held["workflows"][0]["created_at"] = "yesterday"

    with EmulatorClient(another.url) as client, pytest.raises(ValueError, match=r"no dump|Invalid isoformat"):
        client.comfydeploy.restore(held)

    assert [name for name, rows in another.comfydeploy.dump(**WHOLE).items() if rows] == []


def test_a_dump_without_the_values_of_secrets_is_refused(api: httpx.Client, emulator: Emulator) -> None:
    secret = {"secret": [{"key": "TOKEN", "value": "x"}], "secret_name": "s", "machine_id": make_machine(api)["id"]}
    api.post("/machine/secret", json=secret).raise_for_status()

    with pytest.raises(ValueError, match="include_secrets"):
        emulator.comfydeploy.restore(as_json(emulator.comfydeploy.dump()))
