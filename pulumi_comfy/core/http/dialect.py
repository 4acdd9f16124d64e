"""How a platform speaks HTTP: plain HTTP answers each question, and a platform overrides what it does otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_comfy.core.http.answers import detail_of, sentence_of
from pulumi_comfy.core.model import Json

_CODES = {401: "2401", 402: "2402", 403: "2403", 404: "2404", 409: "2409", 429: "2429"}


class Dialect:
    """Plain HTTP."""

    def headers(self, key: str | None) -> Mapping[str, str]:
        """Give what every request carries; the credential is among it."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def status_of(self, status: int, body: Json) -> int:  # noqa: ARG002
        """Give the status that an answer means, where it says another than it has."""
        return status

    def is_backpressure(self, body: Json, *, is_told_when: bool) -> bool:  # noqa: ARG002
        """Tell whether a 429 asks to come back later, and not to pay.

        Args:
            body: its body.
            is_told_when: whether a Retry-After came with it.
        """
        return True

    def is_answer(self, text: str) -> bool:  # noqa: ARG002
        """Tell whether a success without JSON is an answer all the same."""
        return False

    def is_failure(self, body: Json) -> bool:
        """Tell whether a body tells a failure, whatever the status says."""
        return isinstance(body, dict) and "error" in body

    def sentence_of(self, body: Json) -> str | None:
        """Give the whole sentence that an error body says: by it an object is known to be gone."""
        return sentence_of(body)

    def detail_of(self, body: Json) -> str:
        """Say in one short line what an error body says."""
        return detail_of(body)

    def advice_of(self, status: int, body: Json) -> str | None:  # noqa: ARG002
        """Say what to do about an error where its code tells too little or does not fit; None where it does."""
        return None

    def is_no_route(self, body: Json) -> bool:  # noqa: ARG002
        """Tell from a 404's body that it is not the platform's word about any object."""
        return False

    def code_of(self, status: int) -> str:
        """Give the registry's code for a status of 400 and above."""
        return "COMFY" + _CODES.get(status, "2500" if status >= 500 else "2400")
