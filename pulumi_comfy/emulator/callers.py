"""Who asks, on the platforms whose keys name a user and perhaps an organisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Caller:
    """Who asks: the claims of the key."""

    user_id: str
    org_id: str | None = None

    @property
    def account(self) -> str:
        """The organisation, else the user."""
        return self.org_id or self.user_id

    def sees(self, row: Mapping[str, Any]) -> bool:
        """An organisation's key sees its rows; a personal key the user's rows that belong to no organisation."""
        if self.org_id is not None:
            return bool(row["org_id"] == self.org_id)
        return bool(row["user_id"] == self.user_id and row["org_id"] is None)

    @property
    def owner(self) -> dict[str, Any]:
        """The two columns every row carries."""
        return {"user_id": self.user_id, "org_id": self.org_id}
