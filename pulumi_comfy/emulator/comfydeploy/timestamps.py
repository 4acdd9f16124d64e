"""The five spellings of one UTC moment (1.6), and one for everybody when the settings ask for it.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from datetime import datetime

from pulumi_comfy.emulator.settings import Settings


class Timestamps:
    """Encoders, named for where the platform uses them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def _is_plain(self) -> bool:
        return self._settings.timestamps == "iso"

    def sql(self, moment: datetime | None) -> str | None:
        """Reads built in SQL: `2025-11-02T06:55:53.123456`."""
        if moment is None or self._is_plain():
            return _iso(moment)
        return moment.isoformat(timespec="microseconds")

    def sql_json(self, moment: datetime | None) -> str | None:
        """Rows that the database itself turned into JSON: as `sql`, without trailing zeros."""
        if moment is None or self._is_plain():
            return _iso(moment)
        text = moment.isoformat(timespec="microseconds")
        return text.rstrip("0").rstrip(".")

    def dump(self, moment: datetime | None) -> str | None:
        """Object dumps: `2025-11-02T06:55:53.123Z`."""
        if moment is None or self._is_plain():
            return _iso(moment)
        return moment.isoformat(timespec="milliseconds") + "Z"

    def model(self, moment: datetime | None) -> str | None:
        """Answers with a response model: milliseconds written as `.123000Z`."""
        if moment is None or self._is_plain():
            return _iso(moment)
        return moment.isoformat(timespec="milliseconds") + "000Z"

    def model_exact(self, moment: datetime | None) -> str | None:
        """A column just written in memory, sent through a response model: `.123456Z`."""
        return _iso(moment)

    def spaced(self, moment: datetime | None) -> str | None:
        """`GET /workflow/{id}` and `/workflows`: `2025-11-02 06:55:53.123456`."""
        if moment is None or self._is_plain():
            return _iso(moment)
        return moment.isoformat(sep=" ", timespec="microseconds")

    def malformed(self, moment: datetime | None) -> str | None:
        """`POST /workflow/{id}/version`: `2025-11-02T06:55:53.123456+00Z`."""
        if moment is None or self._is_plain():
            return _iso(moment)
        return moment.isoformat(timespec="microseconds") + "+00Z"

    def offset(self, moment: datetime | None) -> str | None:
        """The answer of a clone: `2025-11-02T06:55:53.123456+00:00`."""
        if moment is None or self._is_plain():
            return _iso(moment)
        return moment.isoformat(timespec="microseconds") + "+00:00"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="microseconds") + "Z"
