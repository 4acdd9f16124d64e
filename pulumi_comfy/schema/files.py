"""Every generated file, and how the committed ones differ from it."""

from __future__ import annotations

import json
from pathlib import Path

from pulumi_comfy.schema.docs.function import function_page
from pulumi_comfy.schema.docs.pages import resource_page
from pulumi_comfy.schema.package import handlers, package_and_kinds
from pulumi_comfy.schema.python.function import function_name
from pulumi_comfy.schema.python.modules import python_files
from pulumi_comfy.schema.python.types import Token

ROOT = Path(__file__).resolve().parents[2]
"""The repository's root: generating is for whoever works in a checkout."""
SCHEMA = "schema.json"
PAGES = "docs/resources"
FUNCTION_PAGES = "docs/functions"


def generated_files(root: Path = ROOT) -> dict[str, str]:
    """Give the text of every generated file, by its path from the root, which holds the pages' examples."""
    schema, kinds = package_and_kinds()
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    schema = json.loads(text)
    pages = {
        f"{PAGES}/{handler.token.replace(':', '/')}.md": resource_page(schema, handler, root) for handler in handlers()
    }
    for token in schema["functions"]:
        asked = Token.parse(token)
        pages[f"{FUNCTION_PAGES}/{asked.module}/{function_name(asked)}.md"] = function_page(schema, token, root)
    return {SCHEMA: text, **python_files(schema, kinds), **pages}


def drifted(root: Path, files: dict[str, str]) -> list[str]:
    """Give the paths of files that are missing, differ, or are no longer generated."""
    different = [path for path, text in files.items() if _text(root / path) != text]
    return sorted({*different, *_leftovers(root, files)})


def write(root: Path, files: dict[str, str]) -> list[str]:
    """Make the files under `root` what they should be and give the paths that changed."""
    changed = drifted(root, files)
    for path in changed:
        place = root / path
        if path not in files:
            place.unlink()
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(files[path], encoding="utf-8")
    return changed


def _leftovers(root: Path, files: dict[str, str]) -> list[str]:
    pages = [path for folder in (PAGES, FUNCTION_PAGES) for path in (root / folder).glob("*/*.md")]
    there = [*(root / "pulumi_comfy" / "sdk").glob("*/*.py"), *pages]
    return [name for path in there if (name := path.relative_to(root).as_posix()) not in files]


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
