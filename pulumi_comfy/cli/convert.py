"""`pulumi-comfy convert`: the API prompt of an editor's graph, for platforms that need both documents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import click

from pulumi_comfy.cli.servers import EXAMPLE_SERVER, Nodes, ask
from pulumi_comfy.cli.workflow_files import EXISTING_FILE, text_of


@click.command(short_help="Make the API prompt of an editor's graph.")
@click.argument("graph", type=EXISTING_FILE)
@click.option("--server", metavar="URL", help=f"A live ComfyUI server that has the nodes, e.g. {EXAMPLE_SERVER}.")
@click.option(
    "--object-info", type=EXISTING_FILE, metavar="FILE", help="A saved answer of its /object_info, instead of --server."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    default=Path("-"),
    metavar="FILE",
    help="Where the prompt goes; - is standard output, which is the default.",
)
def convert(graph: Path, server: str | None, object_info: Path | None, output: Path) -> None:
    """Write the API prompt of the editor's GRAPH (- for standard input), as Workflow > Export (API) would.

    Nothing is guessed: exits with 1, writes no prompt and tells one line for each problem where something is not
    certain, such as a class that the server does not have or saved values that do not fit it. Texts that the editor
    rewrites when it queues stay as they are, and are named.
    """
    from pulumi_comfy.core.plain_text import plain
    from pulumi_comfy.workflows import ConversionError, WorkflowError, editor_texts, parse
    from pulumi_comfy.workflows import convert as converted

    if (server is None) == (object_info is None):
        raise click.UsageError("Give one of --server URL and --object-info FILE: the nodes' inputs are known there.")
    _spare((graph, object_info), output)
    try:
        document = parse(text_of(graph))
        if document.graph is None:
            _refuse([f"{graph} is an API prompt already, so there is nothing to convert"])
        nodes = ask(server) if server is not None else _saved(object_info or Path("-"))
        if isinstance(nodes, str):
            _refuse([nodes])
        prompt = converted(document.graph, nodes.classes, replaced=nodes.replaced)
    except ConversionError as error:
        _refuse(list(error.problems))
    except WorkflowError as error:
        _refuse([str(error)])
    else:
        for place in editor_texts(prompt):
            click.echo(plain(f"note: {place} is a text that the editor rewrites; it stays as it is written"), err=True)
        _write(json.dumps(prompt, indent=2, ensure_ascii=False) + "\n", output)


def _saved(file: Path) -> Nodes | str:
    """The classes of a saved answer, or a sentence why there are none."""
    from pulumi_comfy.workflows import WorkflowError

    try:
        known = json.loads(text_of(file))
    except (ValueError, RecursionError) as error:
        return str(error) if isinstance(error, WorkflowError) else f"{file} is not valid JSON."
    is_known = isinstance(known, dict) and any(isinstance(each, dict) and "input" in each for each in known.values())
    return (
        Nodes(known) if is_known else f"{file} holds no list of nodes; save the answer of {EXAMPLE_SERVER}/object_info"
    )


def _spare(read: Iterable[Path | None], output: Path) -> None:
    """Refuse to write over what is read: nothing makes a graph of a prompt again."""
    for file in read:
        if file is not None and file.exists() and output.exists() and output.samefile(file):
            _refuse([f"{output} is read here, and would be lost; give the prompt a file of its own"])


def _refuse(problems: list[str]) -> NoReturn:
    from pulumi_comfy.core.plain_text import plain

    for problem in problems:
        click.echo(plain(f"problem: {problem}"), err=True)
    raise SystemExit(1)


def _write(text: str, output: Path) -> None:
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        _refuse([f"{output} cannot be written: {error.strerror}"])
