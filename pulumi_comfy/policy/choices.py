"""The configuration of a pack: a JSON file in the form that `pulumi --policy-pack-config` takes.

`{"<rule>": "<level>"}` or `{"<rule>": {"enforcementLevel": "<level>", "<setting>": ...}}`; `all` is for every rule that
the file does not name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from pulumi_comfy.policy.rule import Choices, Chosen, Level, Rule, Settings

DEFAULT: Choices = {}
"""Every rule as it comes."""
LEVEL = "enforcementLevel"
ALL = "all"


class ChoicesError(ValueError):
    """A configuration that makes no sense; its text says where and what to do."""


def read_choices(path: Path, rules: Sequence[Rule]) -> Choices:
    """Read the configuration file of a pack.

    Args:
        path: the file.
        rules: those that it may name.

    Raises:
        ChoicesError: it cannot be read, or names a rule, a level or a setting that is none.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_object)
    except (OSError, ValueError, RecursionError) as error:
        raise ChoicesError(f"{path} cannot be read as JSON: {error}") from None
    try:
        return choices_of(document, rules)
    except ChoicesError as wrong:
        raise ChoicesError(f"{path}: {wrong}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is given twice: of two levels of one rule nobody would see which is in force."""
    found = dict(pairs)
    for name, _ in pairs if len(found) < len(pairs) else ():
        if sum(other == name for other, _ in pairs) > 1:
            raise ValueError(f"one object has the key {json.dumps(name)} twice; take one out")
    return found


def choices_of(document: Any, rules: Sequence[Rule]) -> Choices:
    """Understand a configuration.

    Raises:
        ChoicesError: as above.
    """
    if not isinstance(document, Mapping):
        raise ChoicesError("a configuration is an object with a key for each rule")
    known = {rule.id: rule for rule in rules}
    for name in document:
        if name != ALL and name not in known:
            close = get_close_matches(name, known, n=1)
            raise ChoicesError(f"there is no rule {name!r}{f': did you mean {close[0]!r}?' if close else ''}")
    common = _level(document[ALL], ALL) if ALL in document else None
    return {
        rule.id: choice(rule, document.get(rule.id, {}), common if rule.id not in document else None)
        for rule in rules
        if rule.id in document or common
    }


def choice(rule: Rule, given: Any, common: Level | None = None) -> Chosen:
    """Understand what is said of one rule.

    Args:
        rule: which.
        given: a level, or an object of settings with `enforcementLevel`.
        common: the level where none is said.

    Raises:
        ChoicesError: as above.
    """
    if isinstance(given, str):
        return Chosen(_level(given, rule.id), rule.settings())
    if not isinstance(given, Mapping):
        raise ChoicesError(f"{rule.id} is a level or an object of settings")
    level = _level(given[LEVEL], rule.id) if LEVEL in given else common or rule.level
    return Chosen(level, settings_of(rule, {name: value for name, value in given.items() if name != LEVEL}))


def settings_of(rule: Rule, given: Mapping[str, Any]) -> Settings:
    """Understand the settings of one rule.

    Raises:
        ChoicesError: one is none, or of another kind.
    """
    try:
        # As JSON and strictly, as the CLI holds it against the pack's schema: `"5"` and `true` are no numbers.
        return rule.settings.model_validate_json(json.dumps(_whole(given)), strict=True)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            names = ", ".join(info.alias or name for name, info in rule.settings.model_fields.items())
            raise ChoicesError(f"{rule.id}: there is no setting {place!r}; settings: {names or 'none'}") from None
        raise ChoicesError(f"{rule.id}: {place}: {first['msg']}") from None


def _whole(value: Any) -> Any:
    """Give a value with `2.0` as `2`: the CLI carries every number as a float."""
    if isinstance(value, Mapping):
        return {name: _whole(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _level(said: Any, of: str) -> Level:
    level = said.get(LEVEL) if isinstance(said, Mapping) else said
    for known in get_args(Level):
        if known == level:
            return known  # type: ignore[no-any-return]
    raise ChoicesError(f"{of}: the level {level!r} is none of {', '.join(get_args(Level))}")
