# SPDX-License-Identifier: Apache-2.0
"""``stillwatch corpus``: the public lists of prompts that harvesters are known to feed."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load_or_default, print_json
from stillwatch.cli.tables import print_details, print_rows
from stillwatch.detection.corpora import Entry
from stillwatch.service.corpora import add_corpus, own_corpora, remove_corpus, shipped_corpora

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Public lists of prompts: add, list, remove.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The list's name.", show_default=False)]


@app.command()
def add(
    name: NameArgument,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES...",
            help="JSON Lines, plain text with one prompt a line (.gz too), or Parquet.",
            show_default=False,
        ),
    ],
    *,
    field: Annotated[
        str | None, typer.Option("--field", help="Field or column with the text; prompt or text otherwise.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Add a list of prompts, as hashes: its texts are not kept. A gateway that runs takes note when it starts again.

    Example: stillwatch corpus add alpaca alpaca_data.jsonl --field instruction
    """
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("reading", total=None)
        added = add_corpus(
            load_or_default(config).corpus_index,
            name,
            paths,
            field=field,
            progress=lambda texts, prompts: bar.update(task, description=f"{texts:,} read, {prompts:,} prompts kept"),
        )
    if json:
        print_json(_shape(added.entry, is_shipped=False))
    else:
        print_details(
            [
                ("list", added.entry.name),
                ("texts", f"{added.entry.texts:,} read"),
                ("prompts", f"{added.entry.prompts:,} kept: distinct, and long enough to tell a list"),
            ]
        )


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """List what there is to look prompts up in; every checksum is checked.

    Example: stillwatch corpus list --json
    """
    shapes = [
        _shape(one.entry, is_shipped=is_shipped)
        for is_shipped, listed in (
            (True, shipped_corpora()),
            (False, own_corpora(load_or_default(config).corpus_index)),
        )
        for one in listed
    ]
    if json:
        print_json(shapes)
        return
    print_rows(
        "There is no list of prompts.",
        ("list", "prompts", "texts", "ships with Stillwatch", "source"),
        [
            (one["name"], f"{one['prompts']:,}", f"{one['texts']:,}", "yes" if one["is_shipped"] else "", one["source"])
            for one in shapes
        ],
    )


@app.command()
def remove(name: NameArgument, *, config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """Remove a list. A gateway that runs takes note when it starts again.

    Example: stillwatch corpus remove alpaca
    """
    remove_corpus(load_or_default(config).corpus_index, name)
    if json:
        print_json({"removed": name})
    else:
        print_details([("removed", name)])


def _shape(entry: Entry, *, is_shipped: bool) -> dict[str, Any]:
    return {**msgspec.to_builtins(entry), "is_shipped": is_shipped}
