"""What is uploaded and installed: the contents of wheel and sdist, their page on the package index, a bare start."""

from __future__ import annotations

import email
import io
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from functools import cached_property
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from packaging.metadata import Metadata

import pulumi_comfy

# One worker for all: each would make the same environment of its own.
pytestmark = pytest.mark.apart

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/pulumi-comfy/pulumi-comfy"
FILES_ON_MAIN = f"{REPOSITORY}/blob/main/"
OFFLINE = re.compile(r"NewConnectionError|name resolution|Connection refused|ConnectTimeout|Network is unreachable")


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


class Built:
    """Both distributions of this checkout."""

    def __init__(self, folder: Path) -> None:
        run(sys.executable, "-m", "hatchling", "build", "-d", folder)
        (self.wheel,), (self.sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")

    @cached_property
    def metadata(self) -> str:
        with zipfile.ZipFile(self.wheel) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            return archive.read(name).decode("utf-8")

    @property
    def description(self) -> str:
        """The page on the package index."""
        return str(email.message_from_string(self.metadata).get_payload())

    def unpacked_sdist(self, folder: Path) -> Path:
        with tarfile.open(fileobj=io.BytesIO(self.sdist.read_bytes())) as archive:
            archive.extractall(folder, filter="data")
        (root,) = folder.iterdir()
        return root


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return Built(tmp_path_factory.mktemp("dist"))


def test_the_wheel_holds_every_file_of_the_package(built):
    package = ROOT / "pulumi_comfy"
    files = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert files >= {"pulumi_comfy/py.typed", "pulumi_comfy/pulumi-plugin.json"}
    assert files - names_in(built.wheel) == set()


def test_the_wheel_holds_nothing_but_the_package_the_quickstart_and_its_metadata(built):
    about = f"pulumi_comfy-{pulumi_comfy.__version__}.dist-info/"
    quickstart = {
        f"pulumi_comfy/cli/quickstart/{path.name}"
        for path in (ROOT / "examples/comfydeploy-quickstart").iterdir()
        if path.is_file()
    }
    names = names_in(built.wheel)
    others = {name for name in names if not (ROOT / name).is_file() and not name.startswith(about)}

    assert others == quickstart
    assert {name.partition("/")[0] + "/" for name in names} == {"pulumi_comfy/", about}
    assert f"{about}licenses/LICENSE" in names


def test_the_sdist_builds_the_same_wheel(built, tmp_path):
    source = built.unpacked_sdist(tmp_path / "source")
    held = {path.name for path in source.iterdir()}
    folders = {path.name for path in source.iterdir() if path.is_dir()}  # before a build leaves some

    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "again", cwd=source)

    (again,) = (tmp_path / "again").iterdir()
    assert names_in(again) == names_in(built.wheel)
    assert {"LICENSE", "SECURITY.md", "CHANGELOG.md", "README.md"} <= held
    assert folders == {"pulumi_comfy", "examples"}


def test_the_metadata_is_valid_and_says_where_things_are(built):
    about = Metadata.from_email(built.metadata, validate=True)

    assert about.license_expression == "Apache-2.0"
    assert about.description_content_type == "text/markdown"
    assert {"Homepage", "Documentation", "Source", "Changelog", "Issues", "Security"} == set(about.project_urls or {})
    assert [url for url in (about.project_urls or {}).values() if not url.startswith(REPOSITORY)] == []


def links(markdown: str) -> list[str]:
    """The targets of all links and pictures."""
    found = []
    for block in MarkdownIt("commonmark").enable("table").parse(markdown):
        for token in block.children or ():
            found += [str(target) for name in ("href", "src") if (target := token.attrs.get(name)) is not None]
    return found


def test_links_of_the_long_description_work_outside_the_repository(built):
    found = links(built.description)
    ours = {link.removeprefix(FILES_ON_MAIN).partition("#")[0] for link in found if link.startswith(FILES_ON_MAIN)}

    assert [link for link in found if not link.startswith("https://")] == []
    assert {"SECURITY.md", "docs/errors.md"} <= ours
    assert [path for path in sorted(ours) if not (ROOT / path).is_file()] == []


def test_files_of_this_repository_that_the_metadata_names_exist(built):
    about = Metadata.from_email(built.metadata, validate=True)
    files = [url.removeprefix(FILES_ON_MAIN) for url in (about.project_urls or {}).values() if "/blob/" in url]

    assert [path for path in files if not (ROOT / path).is_file()] == []


@pytest.fixture(scope="module")
def bare(built, tmp_path_factory):
    """The folder of commands of an environment that holds the wheel, and what it cannot do without."""
    place = tmp_path_factory.mktemp("bare")
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    options = ["--quiet", "--disable-pip-version-check", "--retries=1", "--no-compile"]
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", *options, str(built.wheel)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode and OFFLINE.search(done.stderr):
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, done.stderr
    return place / "bin"


def asked(command: list[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_bare_installation_serves_a_program_and_a_provider(bare, tmp_path):
    program = (
        "import pulumi_comfy as comfy\n"
        "from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM\n"
        "from pulumi_comfy.provider import load\n"
        "kinds = [kind for kind in PLATFORM.handlers if getattr(comfy.comfydeploy, kind)]\n"
        "print([type(load('comfydeploy:' + kind)).__name__ for kind in kinds])\n"
    )

    done = asked([bare / "python", "-I", "-c", program], tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("'") == 2 * 9


def test_a_bare_installation_has_the_command(bare, tmp_path):
    helped, told = (asked([bare / "pulumi-comfy", option], tmp_path) for option in ("--help", "--version"))

    assert (helped.returncode, helped.stderr) == (0, "")
    assert "doctor" in helped.stdout
    assert told.stdout == f"pulumi-comfy {pulumi_comfy.__version__}\n"


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    "command",
    [
        ("pulumi-comfy", "demo"),
        ("pulumi-comfy", "emulator"),
        ("python", "-I", "-c", "import pulumi_comfy.emulator"),
        ("python", "-I", "-c", "from pulumi_comfy.emulator import Emulator"),
    ],
    ids=" ".join,
)
def test_what_needs_an_extra_names_it(bare, tmp_path, command):
    name, *arguments = command

    done = asked([bare / name, *arguments], tmp_path)

    assert done.returncode == 1
    assert "pip install 'pulumi-comfy[emulator]'" in done.stderr
