"""The demo when something is not as it should be: exit 1 and the reason. And its options."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from demo_reading import hash_of, picture

from pulumi_comfy.cli.demo import engines as demo_engines
from pulumi_comfy.cli.demo import place as demo_place
from pulumi_comfy.cli.demo import story as demo_story
from pulumi_comfy.testing import Result

PROGRAM = "__main__.py"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds and runs that take no time worth waiting for."""
    monkeypatch.setattr(demo_story, "_BUILD_SECONDS", 0.05)
    monkeypatch.setattr(demo_story, "_RUN_SECONDS", 0.05)


@pytest.fixture
def edit_quickstart(tmp_path_factory, monkeypatch) -> Callable[[str, str], None]:
    """Let the demo use a quickstart in whose program one text is replaced by another."""

    def edit(old: str, new: str) -> None:
        project = tmp_path_factory.mktemp("edited") / "quickstart"
        shutil.copytree(demo_place.quickstart(), project)
        text = (project / PROGRAM).read_text(encoding="utf-8")
        assert old in text
        (project / PROGRAM).write_text(text.replace(old, new), encoding="utf-8")
        monkeypatch.setattr(demo_place, "quickstart", lambda: project)

    return edit


def test_demo_fails_with_the_programs_own_error(invoke, edit_quickstart):
    edit_quickstart("import pulumi\n", "import pulumi\nraise ValueError('the program is broken')\n")

    result = invoke("demo", "--engine", "test")

    assert result.exit_code == 1
    assert "the first `pulumi up` failed" in result.stderr
    assert "the program is broken" in result.stderr


def test_demo_fails_when_the_deployment_renders_nothing(invoke, edit_quickstart):
    edit_quickstart("https://github.com/bennykok/comfyui-deploy", "https://github.com/nobody/BREAK-INFERENCE")

    result = invoke("demo", "--engine", "test")

    assert result.exit_code == 1
    assert "COMFY3101" in result.stderr


def test_demo_fails_when_the_program_keeps_no_picture(invoke, edit_quickstart):
    edit_quickstart('        save_outputs_to="outputs",\n', "")
    edit_quickstart("check.files[0] if check else None", "None")

    result = invoke("demo", "--engine", "test")

    assert (result.exit_code, result.stderr) == (1, "Error: the inference check kept no picture\n")


def test_demo_fails_when_the_second_up_changes_something(invoke, edit_quickstart):
    edit_quickstart('description="One picture from one sentence."', "description=str(__import__('time').time_ns())")

    result = invoke("demo", "--engine", "test")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the second `pulumi up` changed something: {'update': ")


def test_demo_fails_when_the_program_offers_no_curl_line(invoke, edit_quickstart):
    edit_quickstart('"try_it"', '"other"')

    result = invoke("demo", "--engine", "test")

    assert (result.exit_code, result.stderr) == (1, "Error: the program gave no `try_it` output\n")


def test_another_prompt_makes_another_picture_and_the_same_prompt_the_same(invoke, folder):
    hashes = []

    for place, prompt in (("a", "a red fox"), ("b", "a red fox"), ("c", "a blue fox")):
        result = invoke("demo", "--engine", "test", "--keep", place, "--prompt", prompt)
        assert result.exit_code == 0, result.output
        hashes.append(hash_of(picture(result.stdout, folder)))

    assert hashes[0] == hashes[1] != hashes[2]


def test_demo_says_when_the_test_engine_is_used_as_asked(invoke):
    result = invoke("demo", "--engine", "test")

    assert result.stdout.startswith("Engine    pulumi_comfy's test engine, as asked\n")


def test_demo_on_the_cli_without_a_cli_says_how_to_install_one(invoke, path_without_pulumi):
    result = invoke("demo", "--engine", "cli")

    assert result.exit_code == 1
    assert "no `pulumi` is on PATH; install it with: curl -fsSL https://get.pulumi.com | sh" in result.stderr


@pytest.fixture
def fake_pulumi(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a `pulumi` on PATH that says its version, and does what the given shell lines say for all else."""

    def fake(lines: str) -> None:
        file = folder / "bin" / "pulumi"
        file.parent.mkdir()
        file.write_text(f'#!/bin/sh\nif [ "$1" = version ]; then echo v3.999.0; exit; fi\n{lines}\n')
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}{os.environ['PATH']}")

    return fake


def test_demo_uses_a_pulumi_on_path_and_names_it(invoke, fake_pulumi, folder):
    fake_pulumi("exit 1")

    result = invoke("demo")

    assert result.stdout.startswith(f"Engine    the Pulumi CLI v3.999.0, {folder}/bin/pulumi, with a home")


def test_demo_says_what_the_cli_said_when_the_stack_cannot_be_made(invoke, fake_pulumi):
    fake_pulumi('echo "error: no space left" >&2; exit 255')

    result = invoke("demo")

    assert result.exit_code == 1
    assert result.stderr == "Error: `pulumi stack init demo` failed: error: no space left\n"


def test_demo_fails_when_the_clis_up_fails_and_passes_its_words_on(invoke, fake_pulumi):
    fake_pulumi('if [ "$1" = up ]; then echo "the words of the CLI"; exit 255; fi')

    result = invoke("demo")

    assert (result.exit_code, result.stderr) == (1, "Error: the first `pulumi up` failed: see above\n")
    assert "\nthe words of the CLI\n" in result.stdout


def test_demo_gives_the_cli_a_home_and_a_backend_of_its_own(invoke, fake_pulumi, folder, monkeypatch):
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://canary.example")
    monkeypatch.setenv("COMFY_INFERENCE_CHECKS", "off")
    fake_pulumi('if [ "$1" = up ]; then env; exit 255; fi')

    lines = invoke("demo").stdout.splitlines()

    assert f"PULUMI_HOME={folder}/.demo/.pulumi/home" in lines
    assert f"PULUMI_BACKEND_URL=file://{folder}/.demo/.pulumi/state" in lines
    assert not [line for line in lines if line.startswith("COMFY_")]


def test_ctrl_c_waits_for_the_cli_to_end(capsys):
    class Process:
        answers = iter([KeyboardInterrupt, 3])

        def wait(self) -> int:
            answer = next(self.answers)
            if answer is KeyboardInterrupt:
                raise KeyboardInterrupt
            return answer

    assert demo_engines.wait_for(Process()) == 3
    assert capsys.readouterr().err == "waiting for pulumi to end\n"


def test_a_crash_of_the_emulator_is_told_as_ours():
    emulator = SimpleNamespace(internal_errors=["GET /x: KeyError"])

    with pytest.raises(click.ClickException, match="the emulator crashed, please report it: GET /x"):
        demo_story.checked(Result("up"), "the first `pulumi up`", emulator)


def test_a_second_up_that_calls_the_platform_is_no_success(folder):
    story = demo_story.Story("test", None, None, stay=False)

    with pytest.raises(click.ClickException, match="made 2 API calls, expected 0"):
        story.compare(Result("up"), calls_before=38, calls=2)


def test_an_installation_without_the_quickstart_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(demo_place, "__file__", str(tmp_path / "a" / "b" / "demo_place.py"))

    with pytest.raises(click.ClickException, match="the quickstart project is not part of this installation"):
        demo_place.quickstart()


def test_an_installed_quickstart_is_found_beside_the_command(monkeypatch, tmp_path):
    (tmp_path / "quickstart").mkdir()
    (tmp_path / "quickstart" / "Pulumi.yaml").touch()
    monkeypatch.setattr(demo_place, "__file__", str(tmp_path / "demo" / "place.py"))

    assert demo_place.quickstart() == tmp_path / "quickstart"


def test_a_place_elsewhere_is_shown_as_a_whole(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    assert demo_place.shown(elsewhere) == str(elsewhere)


def test_demo_replaces_the_folder_of_the_last_demo(folder):
    demo_place.make_place(None, None)
    (folder / ".demo" / "old").touch()

    demo_place.make_place(None, None)

    assert not (folder / ".demo" / "old").exists()


def test_demo_never_replaces_a_folder_that_is_not_its_own(invoke, folder):
    (folder / ".demo").mkdir()
    (folder / ".demo" / "precious").touch()

    result = invoke("demo")

    assert (result.exit_code, (folder / ".demo" / "precious").exists()) == (1, True)
    assert ".demo is here and no demo made it" in result.stderr


def test_keep_never_writes_into_a_folder_that_is_not_empty(invoke, folder):
    (folder / "mine").mkdir()
    (folder / "mine" / "precious").touch()

    result = invoke("demo", "--keep", "mine")

    assert (result.exit_code, result.stderr) == (1, "Error: mine is not empty; name a new folder after --keep\n")


@pytest.mark.parametrize("place", ["/proc/x", "a-file/x"])
def test_keep_in_a_folder_that_cannot_be_made_is_one_sentence(invoke, folder, place):
    (folder / "a-file").touch()

    result = invoke("demo", "--engine", "test", "--keep", place)

    assert result.exit_code == 1
    assert re.fullmatch(rf"Error: {place} cannot be written: .+; name another folder after --keep\n", result.stderr)


def test_a_folder_without_room_for_the_demo_is_one_sentence(invoke, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", full)

    assert "Error: .demo cannot be written: No space left on device; " in invoke("demo", "--engine", "test").stderr


def test_keep_makes_the_folder_itself_the_project(invoke, folder):
    result = invoke("demo", "--engine", "test", "--keep", "my-service")

    assert result.exit_code == 0, result.output
    assert {"Pulumi.yaml", PROGRAM, "text_to_image.json"} <= {file.name for file in (folder / "my-service").iterdir()}
    assert picture(result.stdout, folder).parent.parent == folder / "my-service"


def test_keep_tells_how_to_bring_the_project_up(invoke):
    steps = invoke("demo", "--engine", "test", "--keep", "my service").stdout.partition("\nNext\n")[2]

    told = [line.split("#")[0].strip() for line in steps.splitlines()]
    assert told[4:9] == [
        "cd 'my service'",
        "pulumi login --local",
        "export PULUMI_CONFIG_PASSPHRASE=...",
        "pulumi stack init dev",
        "pulumi up",
    ]


def test_keep_leaves_the_project_to_git(folder):
    place = demo_place.make_place(Path("mine"), None)

    assert [file.relative_to(place.root) for file in place.root.rglob(".gitignore")] == [Path(".pulumi/.gitignore")]


def test_stay_keeps_serving_until_ctrl_c(invoke, monkeypatch):
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo_story, "wait", interrupt)

    result = invoke("demo", "--engine", "test", "--stay")

    assert result.exit_code == 0
    assert result.stdout.endswith("The emulator has stopped.\n")
    assert "export COMFYDEPLOY_API_KEY=ey" in result.stdout
