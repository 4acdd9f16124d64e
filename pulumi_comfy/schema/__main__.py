"""`python -m pulumi_comfy.schema [--check]`: write what is generated, or list what has drifted and exit with 1."""

from __future__ import annotations

import sys
from pathlib import Path

from pulumi_comfy.schema.files import ROOT, drifted, generated_files, write


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run it in the checkout at `root`; says nothing unless files changed or drifted."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m pulumi_comfy.schema [--check]\n")
        return 2
    files = generated_files(root)
    paths = drifted(root, files) if arguments else write(root, files)
    word = "drifted" if arguments else "wrote"
    sys.stdout.writelines(f"{word} {path}\n" for path in paths)
    return 1 if arguments and paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
