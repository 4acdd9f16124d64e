"""Resources that do nothing: a dynamic provider with all of its methods in the program, where users write theirs."""

from pathlib import Path
from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


class Nothing(ResourceProvider):
    """Answers at once."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Take what the program says."""
        return CheckResult(news, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """See no change."""
        return DiffResult(changes=False)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make nothing."""
        return CreateResult("nothing", props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Show what the state holds."""
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Change nothing."""
        return UpdateResult(news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove nothing."""


class Idle(Resource):
    """One of them."""

    def __init__(self, name: str) -> None:
        super().__init__(Nothing(), name, {"value": 1})


for number in range(int(Path("count.txt").read_text())):
    Idle(f"idle-{number}")
