"""Generated files: the committed ones are current, and a stale one is named."""

import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_comfy.schema.__main__ import main
from pulumi_comfy.schema.docs.pages import EXAMPLES
from pulumi_comfy.schema.files import ROOT, drifted, generated_files

FILES = generated_files()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A root with the hand-written examples and everything generated."""
    for example in (ROOT / EXAMPLES).glob("*/*.py"):
        place = tmp_path / example.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(example.read_bytes())
    main([], tmp_path)
    return tmp_path


def test_committed_files_are_what_the_models_generate():
    assert drifted(ROOT, FILES) == []


def test_generating_again_gives_the_same_text():
    assert generated_files() == FILES


def test_a_current_checkout_is_silent(checkout, capsys):
    capsys.readouterr()

    assert main([], checkout) == 0
    assert main(["--check"], checkout) == 0
    assert capsys.readouterr() == ("", "")


def test_check_names_a_changed_file_and_leaves_it(checkout, capsys):
    (checkout / "schema.json").write_text("{}", encoding="utf-8")
    capsys.readouterr()

    assert main(["--check"], checkout) == 1
    assert capsys.readouterr().out == "drifted schema.json\n"
    assert (checkout / "schema.json").read_text(encoding="utf-8") == "{}"


def test_check_names_a_missing_file(checkout, capsys):
    (checkout / "pulumi_comfy/sdk/comfydeploy/secret.py").unlink()
    capsys.readouterr()

    assert main(["--check"], checkout) == 1
    assert capsys.readouterr().out == "drifted pulumi_comfy/sdk/comfydeploy/secret.py\n"


@pytest.mark.parametrize("kind", ["resources", "functions"])
def test_generate_removes_what_no_resource_or_function_stands_for(checkout, capsys, kind):
    leftover = checkout / f"docs/{kind}/comfydeploy/Gone.md"
    leftover.write_text("# Gone", encoding="utf-8")
    capsys.readouterr()

    assert main([], checkout) == 0
    assert capsys.readouterr().out == f"wrote docs/{kind}/comfydeploy/Gone.md\n"
    assert not leftover.exists()


def test_an_unknown_argument_is_refused(capsys):
    assert main(["--chekc"]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("command", [("format", "--check"), ("check",)], ids=" ".join)
def test_generated_python_is_clean(command):
    paths = [str(ROOT / path) for path in FILES if path.endswith(".py")]

    found = subprocess.run(
        [sys.executable, "-m", "ruff", *command, *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert found.returncode == 0, found.stdout
