"""The real `pulumi` command on a project folder, as a person runs it, with all that it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

COLUMNS = 100
_OWN = ("PULUMI_", "COMFYDEPLOY_", "COMFY_")


@dataclass
class Ended:
    """What a command printed on both streams, and its exit code."""

    text: str
    code: int

    @property
    def rows(self) -> int:
        """How many rows it takes on a terminal of `COLUMNS` columns, which cuts the table and folds what is below.

        What stands for the passing of time where there is no terminal (`@ updating....`) is not counted.
        """
        table, _, below = self.text.partition("Diagnostics:")
        shown = [line for line in table.splitlines() if line.strip(" .") and not line.lstrip().startswith("@")]
        return len(shown) + sum(max(1, -(-len(line) // COLUMNS)) for line in below.splitlines())


class Terminal:
    """A project in a folder, with a stack `dev` in a backend beside it.

    Args:
        folder: an empty folder.
        env: what the program and the provider get.
    """

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(_OWN)}
        (folder / "backend").mkdir()
        self.env = {
            **inherited,
            **env,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "a passphrase",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DEBUG_COMMANDS": "true",  # else there is no `--event-log`
            "PULUMI_COMFY_PACE": "0.05",
        }
        (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        self.run("stack", "init", "dev")

    def program(self, text: str) -> None:
        """Write the program."""
        (self.folder / "__main__.py").write_text(f"import pulumi\nimport pulumi_comfy as comfy\n{text}\n")

    def run(self, *arguments: str) -> Ended:
        """Run `pulumi` with some arguments."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return Ended(done.stdout, done.returncode)
