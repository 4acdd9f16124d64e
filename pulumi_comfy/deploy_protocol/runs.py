"""Runs of a deployment: what they are given by name, and what they made, whatever shape its nodes gave it.

Facts: docs/platforms/comfydeploy.md 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.model import Json
from pulumi_comfy.deploy_protocol.versions import Version
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.inference.runner import Phase, Runner, fresh_seed
from pulumi_comfy.inference.settings import CheckSettings

ClientT = TypeVar("ClientT")

_PHASES = {
    "not-started": Phase.WAITING,
    "queued": Phase.WAITING,
    "started": Phase.RUNNING,
    "running": Phase.RUNNING,
    "uploading": Phase.RUNNING,
    "success": Phase.DONE,
    "failed": Phase.FAILED,
    "timeout": Phase.FAILED,
    "cancelled": Phase.FAILED,
}
"""What the self-hosted server tells, and the hosted one or a fork besides."""


class VersionRunner(Runner[ClientT]):
    """A deployment whose runs are given inputs by the names that its version's nodes offer.

    Args:
        call: the call that checks it.
        deployment_id: which one.
        version: what it is known to serve; None where nothing tells.
    """

    target = "deployment"

    def __init__(self, call: Call[ClientT], deployment_id: str, version: Version | None) -> None:
        super().__init__(call)
        self._id, self._version = deployment_id, version
        self._seeds: dict[str, Json] = {}

    @property
    def target_id(self) -> str:
        """The deployment's."""
        return self._id

    def problems(self, check: CheckSettings) -> Sequence[str]:
        """Compare the run inputs with what the version takes: the server ignores unknown ones (3.1)."""
        return self._version.problems(inputs_of(check)) if self._version else ()

    def nodes(self) -> Mapping[str, Any]:
        """Those of the version."""
        return self._version.nodes if self._version else {}

    def given(self, check: CheckSettings) -> Mapping[str, Json]:
        """Give the inputs, and a fresh value to each seed that the program leaves open."""
        inputs = inputs_of(check)
        seeds = self._version.seeds if self._version else ()
        self._seeds = {name: fresh_seed() for name in seeds if name not in inputs}
        return {**inputs, **self._seeds}


def phase_of(status: str) -> Phase:
    """Tell how far a run is by its status; a word that nobody knows yet ends none."""
    return _PHASES.get(status.lower(), Phase.RUNNING)


def inputs_of(check: Any) -> dict[str, Json]:
    """Give the run inputs of what is both: settings of a check, and inputs by name; none while not known."""
    return dict(check.inputs) if isinstance(check.inputs, Mapping) else {}


def items_in(data: Mapping[str, Json], node: str) -> Iterator[Item]:
    """Flatten one output: each kind holds a list of files or texts.

    A file has a name and an address; what else an output holds, a text or a number, counts all the same.
    """
    for kind, values in data.items():
        for value in values if isinstance(values, list) else [values]:
            if value:
                file = value if isinstance(value, dict) else {}
                name, url = file.get("filename"), file.get("url")
                yield Item(node, kind, name if isinstance(name, str) else "", None if url is None else str(url))
