"""What the questions about inference checks share: a target with a check, its runs, and what the state holds of it."""

from __future__ import annotations

from typing import Any

import httpx
from exam import Entry, examinees
from lone import Lone
from plain_http import PlainHttp


def a_checked_target(lone: Any, target: Entry) -> Lone:
    """A target with a check whose seed is left open, not yet made."""
    it: Lone = lone(target, inference_check=target.examinee.runs.given("a cat", None))
    it.examinee.runs.ready(it)
    it.emulator.clear_requests()
    return it


def set_check(it: Lone, **settings: Any) -> None:
    """Change some settings of its check, named as on the wire."""
    it.arguments["inference_check"] = {**it.arguments["inference_check"], **settings}


def statuses(it: Lone) -> list[str]:
    """How its platform's runs stand, oldest first."""
    return [run["status"] for run in it.examinee.runs.rows(it.emulated)]


def result(it: Lone) -> dict[str, Any]:
    """What the state holds of the last check."""
    found: dict[str, Any] = it.outputs["lastCheck"]
    return found


def serves(it: Lone) -> Any:
    """The version that the target serves on the platform."""
    (row,) = it.rows
    return row[it.examinee.runs.version]


def is_of_a_file(request: httpx.Request) -> bool:
    """Tell whether an output file is asked for."""
    return request.url.path.startswith(tuple(one.runs.files for one in examinees() if one.runs))


class Store(PlainHttp):
    """The network, on which something happens to requests for output files."""

    def __init__(self, *happens: Exception | int) -> None:
        super().__init__()
        self.happens = list(happens)
        """One after the other: an exception, or a status; the last stays where it is `always`."""

    always = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.happens or not is_of_a_file(request):
            return await super().handle_async_request(request)
        what = self.happens[0] if self.always else self.happens.pop(0)
        if isinstance(what, Exception):
            raise what
        return httpx.Response(what, request=request)


class LostStore(Store):
    """A network on which the object store is never reached, or has lost everything."""

    always = True
