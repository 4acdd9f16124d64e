"""What ComfyDeploy says where an object is not there: its own whole sentences, by the kind of object.

Only these empty a state or let a removal succeed. Whatever else answers 404 or 500 (a gateway, a router, a page), and a
sentence about another kind of object, is an error. Read from the recordings and from the server's source (1.3, 2, 6).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from typing import Final

from pulumi_comfy.core.http.answers import sentence_of
from pulumi_comfy.core.http.client import Gone
from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.http.endpoints import tells
from pulumi_comfy.core.model import Json


def _says(*sentences: str) -> Gone:
    return frozenset((404, sentence) for sentence in sentences)


WORKFLOW: Final = _says("Workflow not found or you don't have access to it", "Workflow not found")
VERSION: Final = _says("Workflow version not found or you don't have access to it")
MACHINE: Final = _says("Machine not found")
MACHINE_VERSION: Final = _says("Machine version not found")
SECRET: Final = _says("Secret doesn't exist!")
LINK: Final = _says("Secret doesn't exist!", "Machine doesn't exist")
"""Of a link between a secret and a machine."""
DEPLOYMENT: Final = _says("Deployment not found")
DEPLOYMENTS: Final = _says("Deployments not found or you don't have access to it")
"""Of a workflow that has none, or is itself gone."""
RUN: Final = _says("Run not found")
TO_RUN: Final = _says("Machine not found for this deployment", "Workflow API not found")
"""Of what a run needs."""
API_KEY: Final = _says("API key not found")
DOWNLOAD: Final = _says("Model not found")

UNTOLD: Final = "Internal server error"
"""What a route of a deployment answers with 500 for a missing one, and for any real fault too (6.1)."""

is_said: Final = tells(
    "message",
    "Workflow deleted successfully",
    "Machine deleted",
    "Secret deleted successfully",
    "Share deployment deleted successfully",
)
"""Whether an answer is the platform's own word that it has removed what was to be removed."""

_ALL = frozenset().union(
    *(
        WORKFLOW,
        VERSION,
        MACHINE,
        MACHINE_VERSION,
        SECRET,
        LINK,
        DEPLOYMENT,
        DEPLOYMENTS,
        RUN,
        TO_RUN,
        API_KEY,
        DOWNLOAD,
    )
)
_WRAPPINGS = ("Internal server error: 404: ", "404: ")


def _unwrapped(body: Json) -> str | None:
    """Give the sentence about a missing object that a catch-all has wrapped; None where there is none."""
    said = sentence_of(body) or ""
    inner = (said.removeprefix(wrapping) for wrapping in _WRAPPINGS if said.startswith(wrapping))
    return next((one for one in inner if (404, one) in _ALL), None)


def file(path: str) -> Gone:
    """Give what is said of a file of the volume."""
    return _says(f"path: {path} not found.")


class ComfyDeployDialect(Dialect):
    """What differs from plain HTTP (1.2, 1.3, 6)."""

    def status_of(self, status: int, body: Json) -> int:
        """Unwrap a 404 that a catch-all has made a 500 of: nothing was done (6.2; recorded for both writes)."""
        return 404 if status == 500 and _unwrapped(body) is not None else status

    def is_no_route(self, body: Json) -> bool:
        """Tell a 404 of a wrong URL, or of whatever stands in between, from one of a missing object."""
        return (404, _unwrapped(body) or sentence_of(body)) not in _ALL

    def code_of(self, status: int) -> str:
        """402 is no bill here: something uses the object."""
        return "COMFY2409" if status == 402 else super().code_of(status)
