"""RunComfy's row in the emulator: what a test says to it and asks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI

from pulumi_comfy.emulator.platform import EmulatedPlatform
from pulumi_comfy.emulator.runcomfy import app
from pulumi_comfy.emulator.runcomfy.runs import Runs
from pulumi_comfy.emulator.runcomfy.service import RunComfy
from pulumi_comfy.emulator.runcomfy.settings import RunComfySettings
from pulumi_comfy.emulator.runcomfy.state import State
from pulumi_comfy.emulator.world import World


class EmulatedRunComfy(EmulatedPlatform):
    """An emulated RunComfy. Accounts come into being when a key of theirs is minted or something is put into them."""

    name = "RunComfy"
    url_variable = "RUNCOMFY_URL"
    key_variable = "RUNCOMFY_API_KEY"
    calls = (
        *EmulatedPlatform.calls,
        *("add_workflow", "save_version", "add_lora_deployment", "set_balance", "runs.script", "runs.clear"),
    )
    own_settings = RunComfySettings
    settings: RunComfySettings

    def __init__(self, slug: str, world: World) -> None:
        super().__init__(slug, world)
        self._state = State(world, self.scheduler, self.settings)
        self._service = RunComfy(self._state)
        self.asgi = app.Gatekeeper(self._service, self.application(), self.prefix)

    @classmethod
    def application(cls) -> FastAPI:
        """Its routes."""
        return app.application()

    @property
    def runs(self) -> Runs:
        """How the next requests go."""
        return self._service.runs

    def key(self, account: str = "demo") -> str:
        """Mint an opaque token of an account; each call gives another."""
        return self.world.inside(lambda: self._state.new_token(account))

    def add_workflow(
        self,
        graph: Mapping[str, Any],
        versions: Sequence[str] = ("v1",),
        *,
        account: str = "demo",
        workflow_id: str | None = None,
    ) -> str:
        """Save a workflow as a person does in the browser, and return its id.

        Args:
            graph: The API prompt.
            versions: Labels of its versions, oldest first, all with this prompt; only three are kept.
            account: Whose.
            workflow_id: Its id; a new one when left out.

        Raises:
            ValueError: This is no API prompt, or there is a version of this label.
        """

        def add() -> str:
            drawn = workflow_id or self._state.new_id()
            for label in versions:
                self._service.workflows.save(account, drawn, dict(graph), label)
            return drawn

        return self.world.inside(add)

    def save_version(
        self, workflow_id: str, graph: Mapping[str, Any], label: str | None = None, *, account: str = "demo"
    ) -> str:
        """Save one more version and return its label, `v2` after `v1`; the oldest that nothing uses may go.

        Raises:
            ValueError: This is no API prompt, or there is a version of this label.
        """
        return self.world.inside(lambda: self._service.workflows.save(account, workflow_id, dict(graph), label))

    def add_lora_deployment(self, name: str = "lora", *, account: str = "demo") -> str:
        """A deployment that only the browser makes, of no workflow; its results have `output`. Returns its id."""
        columns = {"name": name, "workflow_id": None, "workflow_version": None, "hardware": ["AMPERE_48"]}
        scaling = {"min_instances": 0, "max_instances": 1, "queue_size": 1, "keep_warm_duration_in_seconds": 60}
        row = self.world.inside(lambda: self._service.deployments.insert(account, {**columns, **scaling}))
        return str(row["id"])

    def set_balance(self, usd: float, *, account: str = "demo") -> None:
        """What the account has; none or less disables its deployments, more enables none of them."""

        def change() -> None:
            self._state.balances[account] = round(usd * 1_000_000)
            if self._state.balances[account] <= 0:
                self._state.disable_for_balance(account)

        self.world.inside(change)

    def _clear(self) -> None:
        self._state.clear()
        self._service.runs.reset()

    def _dump(self, *, include_secrets: bool, include_deleted: bool) -> dict[str, Any]:
        return self._state.dump(include_secrets=include_secrets, include_deleted=include_deleted)

    def _restore(self, dump: Mapping[str, Any]) -> None:
        self._state.restore(dump)
