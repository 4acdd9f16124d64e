"""One engine and one platform for every sequence: warm processes, tiny builds, and objects that are not ours."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx

from pulumi_comfy.core.names import Urn, automatic_name
from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import Stack, TestEngine
from pulumi_comfy.testing.plugin import PRELOAD

STEPS_VARIABLE = "COMFY_SOAK_STEPS"
"""Environment variable: how many steps the long mode takes; unset, the short one runs."""
HOURS = 7200.0
"""Seconds: longer than any operation waits for a build or a run, and over as soon as the platform calms down."""
PROJECT, STACK = "soak", "dev"
TABLES = {"Workflow": "workflows", "ServerlessMachine": "machines", "Secret": "secrets", "Deployment": "deployments"}
"""Resources that are deleted with their declaration, and the platform's table of each."""
TYPE = "pulumi-python:comfydeploy:"

Row = dict[str, Any]


def name_of_another_state(resource: str, name: str) -> str:
    """The automatic name that another state of the same project and stack gives to one of its objects."""
    return automatic_name("another", Urn.parse(f"urn:pulumi:{STACK}::{PROJECT}::{TYPE}{resource}::{name}"))


class World:
    """What all sequences share. `renew` empties the platform and seeds what is not ours.

    One state at a time is ours; the objects of any other are as foreign as a stranger's.
    """

    def __init__(self) -> None:
        self.emulator = Emulator().start()
        self.engine = TestEngine(processes="reuse", preload=PRELOAD)
        self.key = self.emulator.comfydeploy.key()
        self.by_hand = self._client(self.key)
        self._stranger = self._client(self.emulator.comfydeploy.key(user_id="user_stranger"))
        self._foreign: dict[str, list[Row]] = {}
        self._of_the_other_state: set[str] = set()

    def _client(self, key: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.emulator.comfydeploy.url, headers=headers, timeout=30, verify=False)

    def close(self) -> None:
        """Stop everything."""
        self.engine.close()
        self.by_hand.close()
        self._stranger.close()
        self.emulator.stop()

    def renew(self) -> None:
        """Begin a sequence: a platform with foreign objects only."""
        self.emulator.reset()
        self.emulator.settings.build_seconds = 0.005
        self.emulator.settings.run_seconds = 0.005
        self.emulator.settings.api_key_seconds = 0.01
        seed(self._stranger, "m0", "w0", "s0", rename=name_of_another_state)
        seed(self.by_hand, "m0", "w0", "s0", rename=lambda _resource, name: name)
        self.emulator.clock.advance(60)
        self._foreign, self._of_the_other_state = self.rows(), set()

    def new_state(self, program: Callable[[], None]) -> Stack:
        """A stack without state; each is of the same project and name."""
        env = {
            "COMFYDEPLOY_URL": self.emulator.comfydeploy.url,
            "COMFYDEPLOY_API_KEY": self.key,
            "PULUMI_COMFY_PACE": "0.01",
        }
        return Stack(self.engine.fresh(), project=PROJECT, stack=STACK, program=program, env=env)

    def disown(self) -> None:
        """Take all that is ours for foreign: our state is lost."""
        self._foreign = self._finished()

    def change_sides(self) -> None:
        """Let the objects of the other state be ours, and ours be foreign."""
        ours = {row["id"] for rows in self.ours().values() for row in rows}
        self._foreign = {
            table: [row for row in rows if row["id"] not in self._of_the_other_state]
            for table, rows in self._finished().items()
        }
        self._of_the_other_state = ours

    def _finished(self) -> dict[str, list[Row]]:
        """Everything that is alive once no build is under way: one that ends by itself is nobody's touch."""
        self.calm_down()
        return self.rows()

    def rows(self) -> dict[str, list[Row]]:
        """Everything that is alive on the platform, by table."""
        held = self.emulator.comfydeploy.dump(include_secrets=True)
        return {table: held[table] for table in (*TABLES.values(), "versions")}

    def foreign_before_and_now(self) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
        """The objects that are not ours, as they were seeded and as they are."""
        ids = {row["id"] for rows in self._foreign.values() for row in rows}
        now = {table: [row for row in rows if row["id"] in ids] for table, rows in self.rows().items()}
        return self._foreign, now

    def ours(self) -> dict[str, list[Row]]:
        """The objects that are not foreign, by table."""
        ids = {row["id"] for rows in self._foreign.values() for row in rows}
        return {table: [row for row in rows if row["id"] not in ids] for table, rows in self.rows().items()}

    def built_in(self, machine: Row) -> dict[str, str]:
        """The environment variables in the image that a machine runs."""
        builds = self.emulator.comfydeploy.dump(include_secrets=True)["machine_versions"]
        variables = next(row["built_environment"] for row in builds if row["id"] == machine["serving_version_id"])
        return dict(variables)

    def calm_down(self) -> None:
        """End what was planned for the platform, and wait for the requests that a killed process left behind."""
        self.emulator.faults.clear()
        self.emulator.comfydeploy.builds.clear()
        self.emulator.comfydeploy.runs.clear()
        self.emulator.clock.advance(2 * HOURS)
        deadline = time.monotonic() + 30
        while any(request.ended is None for request in self.emulator.requests):
            assert time.monotonic() < deadline, "a request never ended"
            time.sleep(0.002)


def seed(client: httpx.Client, machine: str, workflow: str, secret: str, rename: Callable[[str, str], str]) -> None:
    """Make a machine, a workflow, a secret and a deployment that no program declares."""

    def post(path: str, body: Row) -> Row:
        answer = client.post(path, json=body)
        answer.raise_for_status()
        made: Row = answer.json()
        return made

    machine_id = post("/machine/serverless", {"name": rename("ServerlessMachine", machine), "gpu": "T4"})["id"]
    name = rename("Workflow", workflow)
    made = post("/workflow", {"name": name, "workflow_json": "{}", "workflow_api": "{}"})
    version = client.get(f"/workflow/{made['workflow_id']}").json()["versions"][0]["id"]
    variables = [{"key": "TOKEN", "value": "of-somebody-else"}]
    name = rename("Secret", secret)
    post("/machine/secret", {"secret_name": name, "machine_id": machine_id, "secret": variables})
    ids = {"workflow_id": made["workflow_id"], "workflow_version_id": version, "machine_id": machine_id}
    post("/deployment", {**ids, "environment": "staging"})


@cache
def world() -> World:
    """The one of this test run."""
    made = World()
    atexit.register(made.close)
    return made


def steps_wanted() -> int | None:
    """How many steps the long mode takes; None in the short one."""
    text = os.environ.get(STEPS_VARIABLE)
    return int(text) if text else None
