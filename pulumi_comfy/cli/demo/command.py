"""`pulumi-comfy demo`: the quickstart deployed to the emulator, in under a minute, with proof."""

from __future__ import annotations

from pathlib import Path

import click

from pulumi_comfy.cli.extras import require_emulator


@click.command(short_help="Deploy to an emulated ComfyDeploy and prove that it renders.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "cli", "test"]),
    default="auto",
    show_default=True,
    help="What runs the program: the `pulumi` on PATH, or the embedded test engine; auto: the first when it is there.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Make DIR, a new folder, a Pulumi project of your own instead of .demo, which each demo makes anew.",
)
@click.option("--prompt", metavar="TEXT", help="What the picture shows; another prompt makes another picture.")
@click.option("--stay", is_flag=True, help="Keep the emulator serving at the end, until Ctrl-C.")
def demo(engine: str, keep: Path | None, prompt: str | None, stay: bool) -> None:
    """Deploy a workflow to the emulated ComfyDeploy and prove that it renders.

    Uses nothing of your own Pulumi (home, backend, passphrase, configuration) and installs nothing. Exits with 0 only
    when the deployment rendered a picture that is on disk and a second `pulumi up` changed nothing.
    """
    require_emulator()
    from pulumi_comfy.cli.demo.story import Story

    Story(engine, keep, prompt, stay=stay).tell()
