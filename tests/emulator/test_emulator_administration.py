"""The object, its HTTP administration, and the client that drives an emulator of another process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import httpx
import pytest
from emulated_objects import make_machine, make_running_deployment, make_workflow, run_to_end

from pulumi_comfy.emulator import Emulator, EmulatorClient, PlanLimits, Settings, route_table
from pulumi_comfy.emulator.registry import PLATFORMS


@pytest.fixture
def client(emulator: Emulator) -> Iterator[EmulatorClient]:
    with EmulatorClient(emulator.url) as driver:
        yield driver


def public_names(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_the_client_offers_what_the_emulator_offers(client: EmulatorClient) -> None:
    in_process = {"start", "stop"}

    assert public_names(Emulator) - in_process <= {name for name in dir(client) if not name.startswith("_")} | {"seed"}


@pytest.mark.parametrize("slug", PLATFORMS)
def test_what_a_platform_offers_is_there(slug: str, emulator: Emulator) -> None:
    platform = emulator.platforms[slug]

    assert attrgetter(*platform.reads)(platform) is not None
    assert all(callable(offered) for offered in attrgetter(*platform.calls)(platform))


@pytest.mark.parametrize("slug", PLATFORMS)
def test_the_client_asks_for_what_a_platform_offers(slug: str, emulator: Emulator, client: EmulatorClient) -> None:
    remote, platform = client.platforms[slug], emulator.platforms[slug]

    assert attrgetter(*platform.reads)(remote) == attrgetter(*platform.reads)(platform)


@pytest.mark.parametrize("ask", ["environment", "environment_of_the_client"])
def test_the_environment_leads_to_every_platform(ask: str, emulator: Emulator, client: EmulatorClient) -> None:
    asked = client if ask.endswith("client") else emulator

    environment = asked.environment()

    assert {one.url for one in emulator.platforms.values()} < set(environment.values())
    assert len(environment) == sum(1 + (kind.key_variable is not None) for kind in PLATFORMS.values())


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.call("GET", "/nowhere/url"),
        lambda client: client.call("GET", "/comfydeploy/world"),
        lambda client: client.call("POST", "/comfydeploy/asgi", {}),
        lambda client: client.call("GET", "/comfydeploy/settings"),
    ],
)
def test_what_no_platform_offers_is_refused(ask: Any, client: EmulatorClient) -> None:
    with pytest.raises(ValueError, match=r"no platform|has no"):
        ask(client)


def test_the_client_has_no_more_than_is_offered(client: EmulatorClient) -> None:
    with pytest.raises(AttributeError, match=r"ComfyDeploy has no builds.start"):
        _ = client.comfydeploy.builds.start


def test_resetting_one_platform_leaves_the_requests(
    api: httpx.Client, emulator: Emulator, client: EmulatorClient
) -> None:
    make_workflow(api)

    client.comfydeploy.reset()

    assert (emulator.comfydeploy.dump()["workflows"], emulator.requests != []) == ([], True)


def test_a_key_of_the_client_works(client: EmulatorClient) -> None:
    headers = {"authorization": f"Bearer {client.comfydeploy.key('user_a', 'org_b')}"}

    answer = httpx.get(f"{client.comfydeploy.url}/machines", headers=headers, trust_env=False, verify=False)

    assert answer.status_code == 200


def test_the_client_reads_the_same_requests(api: httpx.Client, emulator: Emulator, client: EmulatorClient) -> None:
    api.get("/machines")

    assert client.requests == emulator.requests


def test_the_client_reads_the_same_dump(api: httpx.Client, emulator: Emulator, client: EmulatorClient) -> None:
    run_to_end(api, emulator, make_running_deployment(api, emulator))

    options = {"include_secrets": True, "include_deleted": True}

    assert client.comfydeploy.dump(**options) == json.loads(json.dumps(emulator.comfydeploy.dump(**options)))


def test_the_client_sets_and_reads_settings(emulator: Emulator, client: EmulatorClient) -> None:
    client.settings.run_seconds = 5
    client.settings.plans = {"user_a": PlanLimits.free()}

    assert (client.settings.run_seconds, emulator.settings.plans["user_a"].is_free) == (5, True)


def test_an_unknown_setting_is_refused(client: EmulatorClient) -> None:
    with pytest.raises(ValueError, match="speed"):
        client.settings.speed = 5


def test_reading_an_unknown_setting_is_an_attribute_error(client: EmulatorClient) -> None:
    with pytest.raises(AttributeError, match="speed"):
        _ = client.settings.speed


def test_a_setting_of_the_wrong_type_changes_nothing(emulator: Emulator, client: EmulatorClient) -> None:
    with pytest.raises(ValueError, match="run_seconds"):
        client.settings.run_seconds = "soon"

    assert emulator.settings.run_seconds == 60


def test_the_client_plans_faults(api: httpx.Client, client: EmulatorClient) -> None:
    client.faults.add("GET", "/machines", "status", status=502)

    pending = client.faults.pending
    assert pending[0]["route"] == "/machines"
    status = api.get("/machines").status_code

    assert (pending[0]["kind"], status, client.faults.pending) == ("status", 502, [])


def test_the_client_clears_faults_and_requests(api: httpx.Client, client: EmulatorClient) -> None:
    api.get("/machines")
    client.faults.add("GET", "/machines", "status")

    client.faults.clear()
    client.clear_requests()

    assert (client.faults.pending, client.requests) == ([], [])


def test_the_client_plans_builds_and_counts_them(api: httpx.Client, client: EmulatorClient) -> None:
    client.comfydeploy.builds.outcome("hang", machine_name="painter")
    make_machine(api)
    client.clock.advance(1000)

    counted = (client.comfydeploy.builds.in_flight, client.comfydeploy.builds.max_in_flight)
    client.comfydeploy.builds.clear()

    assert counted == (1, 1)


def test_the_client_plans_runs(api: httpx.Client, emulator: Emulator, client: EmulatorClient) -> None:
    deployment = make_running_deployment(api, emulator)
    client.comfydeploy.runs.script("failed", times=1)
    client.comfydeploy.runs.script("timeout", times=1)
    first = run_to_end(api, emulator, deployment)["status"]

    client.comfydeploy.runs.clear()

    assert (first, run_to_end(api, emulator, deployment)["status"]) == ("timeout", "success")


@pytest.mark.parametrize(
    "plan",
    [
        lambda client: client.faults.add("GET", "/machines", "explode"),
        lambda client: client.faults.add("GET", "/machinez", "status"),
        lambda client: client.call("POST", "/faults", {"method": "GET", "pattern": "/machines", "kind": "status"}),
        lambda client: client.comfydeploy.builds.outcome("explode"),
        lambda client: client.comfydeploy.runs.script("success", unknown=1),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(plan: Any, client: EmulatorClient) -> None:
    with pytest.raises(ValueError, match=r"unknown|unexpected"):
        plan(client)


def test_reset_empties_everything_and_keeps_keys(api: httpx.Client, emulator: Emulator, client: EmulatorClient) -> None:
    make_workflow(api)
    emulator.faults.add("GET", "/machines", "status")
    emulator.settings.missing_models.append("x")

    client.reset()

    assert [name for name, rows in client.comfydeploy.dump().items() if rows] == []
    assert (emulator.requests, emulator.faults.pending, emulator.settings) == ([], [], Settings())
    assert api.get("/machines").status_code == 200


def test_the_same_seed_gives_the_same_ids(api: httpx.Client, emulator: Emulator) -> None:
    emulator.reset()
    first = make_workflow(api)["id"]
    emulator.reset()

    assert make_workflow(api)["id"] == first


def test_another_seed_gives_other_ids() -> None:
    ids = []
    for seed in (1, 2):
        with Emulator(seed=seed) as emulator:
            headers = {"authorization": f"Bearer {emulator.comfydeploy.key()}"}
            with httpx.Client(base_url=emulator.comfydeploy.url, headers=headers, trust_env=False, verify=False) as api:
                ids.append(make_workflow(api)["id"])

    assert ids[0] != ids[1]


def test_soft_deleted_rows_are_dumped_only_when_asked(api: httpx.Client, emulator: Emulator) -> None:
    workflow = make_workflow(api)
    api.delete(f"/workflow/{workflow['id']}")

    counts = [len(emulator.comfydeploy.dump(include_deleted=shown)["versions"]) for shown in (False, True)]

    assert counts == [0, 1]


def test_every_route_says_where_it_was_read(client: EmulatorClient) -> None:
    table = route_table()

    assert [row for row in table if not row.source] == []
    assert [row["path"] for row in client.route_table()] == [row.path for row in table]


def test_routes_that_are_not_emulated_say_so_loudly(api: httpx.Client) -> None:
    table = [row for row in route_table() if row.platform == "comfydeploy"]
    missing = [row for row in table if row.evidence == "not emulated" and "{" not in row.path]

    statuses = {api.request(row.method, row.path.removeprefix("/api")).status_code for row in missing}

    assert statuses == {501}


def test_every_emulated_route_needs_a_key_or_is_open(emulator: Emulator) -> None:
    open_paths = {"/api/platform/gpu-pricing", "/api/platform/gpu-credit-schema", "/api/models", "/api/user/{user_id}"}
    open_paths |= {"/api/deployments/community", "/api/deployments/featured", "/api/share/{username}/{slug}"}
    open_paths |= {"/api/shared-workflows", "/api/share/output"}

    with httpx.Client(base_url=f"{emulator.url}/comfydeploy", trust_env=False, verify=False) as stranger:
        table = [row for row in route_table() if row.platform == "comfydeploy"]
        unguarded = {row.path for row in table if stranger.request(row.method, row.path).status_code != 401}

    assert unguarded == open_paths


def test_the_description_is_served_without_a_key(emulator: Emulator) -> None:
    described = httpx.get(f"{emulator.url}/comfydeploy/internal/openapi.json", trust_env=False, verify=False).json()

    assert "/api/deployment" in described["paths"]


def test_a_path_of_no_platform_says_what_is_here(emulator: Emulator) -> None:
    answer = httpx.get(f"{emulator.url}/elsewhere", trust_env=False, verify=False)

    assert (answer.status_code, "/comfydeploy" in answer.json()["detail"]) == (404, True)


def test_a_running_emulator_does_not_start_twice(emulator: Emulator) -> None:
    with pytest.raises(RuntimeError, match="already running"):
        emulator.start()


def test_stopping_twice_is_fine() -> None:
    emulator = Emulator().start()

    emulator.stop()
    emulator.stop()

    assert emulator.comfydeploy.dump()["workflows"] == []


def test_a_taken_port_is_refused(emulator: Emulator) -> None:
    port = int(emulator.url.rsplit(":", 1)[1])

    with pytest.raises(OSError, match="in use"):
        Emulator(port).start()


def test_stopping_cuts_requests_that_hang(emulator: Emulator) -> None:
    with Emulator() as other:
        headers = {"authorization": f"Bearer {other.comfydeploy.key()}"}
        stream = httpx.Client(base_url=other.comfydeploy.url, headers=headers, trust_env=False, verify=False)
        answer = stream.send(stream.build_request("GET", "/v2/stream-logs?machine_id_version=x"), stream=True)

    with pytest.raises(httpx.HTTPError):
        answer.read()
    stream.close()


def test_an_interrupt_ends_the_foreground_in_spite_of_an_open_stream() -> None:
    program = (
        "from pulumi_comfy.emulator import serve\n"
        "serve(0, ready=lambda emulator: __import__('sys').stdout.write(emulator.url + '\\n') and None)\n"
    )
    arguments = [sys.executable, "-u", "-c", program]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with EmulatorClient(url) as client:
            key = client.comfydeploy.key()
        stream = f"{url}/comfydeploy/api/v2/stream-logs?machine_id_version=x&cd_token={key}"

        with httpx.stream("GET", stream, trust_env=False, verify=False):
            process.send_signal(signal.SIGINT)
            _, words = process.communicate(timeout=30)

    assert (process.returncode, words) == (0, "")


def test_it_serves_in_the_foreground_of_its_own_process() -> None:
    program = (
        "from pulumi_comfy.emulator import serve\n"
        "serve(0, ready=lambda emulator: __import__('sys').stdout.write(emulator.url + '\\n') and None)\n"
    )
    arguments = [sys.executable, "-u", "-c", program]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with EmulatorClient(url) as client:
            key = client.comfydeploy.key()
        process.terminate()

    assert key.count(".") == 2
