"""Saved versions of workflows. No API makes them: a person saves them in the browser, here a test does.

A workflow keeps three. Another save removes the oldest that no deployment uses.
"""

from __future__ import annotations

from typing import Any

from pulumi_comfy.emulator.runcomfy.errors import NOT_FOUND, RefusedError
from pulumi_comfy.emulator.runcomfy.state import Row, State

KEPT = 3


class Workflows:
    """The rules of saved versions."""

    def __init__(self, state: State) -> None:
        self._state = state

    def save(self, account: str, workflow_id: str, graph: dict[str, Any], label: str | None) -> str:
        """Keep one more version, and remove what is too many.

        Raises:
            ValueError: This is no API prompt, or there is a version of this label.
        """
        if not all(isinstance(node, dict) and isinstance(node.get("inputs"), dict) for node in graph.values()):
            raise ValueError("this is no API prompt, which is node id to class_type and inputs")
        saved = self._versions_of(account, workflow_id)
        number = max((row["number"] for row in saved), default=0) + 1
        label = label or f"v{number}"
        if any(row["label"] == label for row in saved):
            raise ValueError(f"the workflow {workflow_id} has a version {label} already")
        row = {"account": account, "workflow_id": workflow_id, "label": label, "number": number, "graph": graph}
        self._state.versions.append({**row, "is_let_go": False})
        loose = [one for one in saved if not self._is_protected(one)]
        for one in loose[: max(0, len(saved) + 1 - KEPT)]:
            self._state.versions.remove(one)
        return label

    def find(self, account: str, workflow_id: str, label: str) -> Row:
        """The account's version.

        Raises:
            RefusedError: 404001, there is none, or none any more.
        """
        found = [row for row in self._versions_of(account, workflow_id) if row["label"] == label]
        if not found:
            raise RefusedError(NOT_FOUND, f"Workflow version {label} not found")
        return found[0]

    def let_go(self, account: str, workflow_id: str | None, label: str | None) -> None:
        """A deployment uses this version no more."""
        if workflow_id is None:
            return
        for row in self._versions_of(account, workflow_id):
            if row["label"] == label and not self._is_protected(row):
                row["is_let_go"] = True
        if self._state.settings.version_removal == "when unprotected":
            self._sweep()

    def before_a_run(self) -> None:
        """Somebody else saves at the worst moment, if the settings say so."""
        if self._state.settings.version_removal == "at the next run":
            self._sweep()

    def _sweep(self) -> None:
        self._state.versions[:] = [
            row for row in self._state.versions if not row["is_let_go"] or self._is_protected(row)
        ]

    def _versions_of(self, account: str, workflow_id: str) -> list[Row]:
        return [row for row in self._state.versions if (row["account"], row["workflow_id"]) == (account, workflow_id)]

    def _is_protected(self, version: Row) -> bool:
        pinned = (version["account"], version["workflow_id"], version["label"])
        return any(
            (row["account"], row["workflow_id"], row["workflow_version"]) == pinned
            and not row["deleted"]
            and (row["is_enabled"] or self._state.settings.disabled_protects)
            for row in self._state.deployments.values()
        )
