# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reference/settings.md and docs/reference/commands.md from the code. ``--check`` only compares."""

import ast
import importlib
import inspect
import sys
import textwrap
import typing
from collections.abc import Iterator
from pathlib import Path
from types import UnionType

import pydantic
from typer.testing import CliRunner

from stillwatch.cli.main import COMMANDS, app
from stillwatch.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
MADE = "<!-- Made by `make docs` from the code. Change the code, not this page. -->\n"


def attribute_docstrings(model: type[pydantic.BaseModel]) -> dict[str, str]:
    """The text under each field of a settings class."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(tree, ast.ClassDef)  # noqa: S101 - a class's source is a class
    found: dict[str, str] = {}
    for statement, following in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            found[statement.target.id] = " ".join(str(following.value.value).split())
    return found


def nested(annotation: object) -> type[pydantic.BaseModel] | None:
    """The settings class inside ``X``, ``X | None`` or ``dict[str, X]``."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation
    if typing.get_origin(annotation) in (dict, typing.Union, UnionType):
        for argument in typing.get_args(annotation):
            if (found := nested(argument)) is not None:
                return found
    return None


def default_of(field: pydantic.fields.FieldInfo) -> str:
    """The default as TOML would say it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:,}".replace(",", "_") if isinstance(value, int) else str(value)
    if isinstance(value, tuple | list | frozenset | dict):
        return "[]" if not value else str(list(value))
    return f'"{value}"'


def settings_page() -> str:
    """Every table and every setting."""
    lines = ["# Settings\n", MADE, "One TOML file. An unknown key is an error. Paths are relative to the file.\n"]

    def table(model: type[pydantic.BaseModel], path: str) -> None:
        texts = attribute_docstrings(model)
        lines.append(f"## `[{path}]`\n" if path else "## At the top\n")
        lines.append(inspect.getdoc(model) or "")
        lines.append("")
        later = []
        for name, field in model.model_fields.items():
            inner = nested(field.annotation)
            if inner is not None:
                is_table_of_tables = typing.get_origin(field.annotation) is dict
                later.append((inner, ".".join(filter(None, (path, name))) + (".NAME" if is_table_of_tables else "")))
                continue
            lines.append(f"- **`{name}`** ({default_of(field)}): {texts.get(name, '')}")
        lines.append("")
        for inner, inner_path in later:
            table(inner, inner_path)

    table(Settings, "")
    return "\n".join(lines).rstrip() + "\n"


def every_command() -> Iterator[list[str]]:
    """The program, its commands, and theirs."""
    yield []
    for name in COMMANDS:
        yield [name]
        inner = importlib.import_module(f"stillwatch.cli.{name}").app.registered_commands
        if len(inner) > 1:
            for command in inner:
                yield [name, command.name or command.callback.__name__.rstrip("_")]


def commands_page() -> str:
    """``--help`` of every command."""
    lines = ["# Commands\n", MADE]
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"})
    for arguments in every_command():
        help_text = runner.invoke(app, [*arguments, "--help"], prog_name="stillwatch").stdout
        title = " ".join(["stillwatch", *arguments])
        text = "\n".join(line.rstrip() for line in help_text.splitlines())
        lines.append(f"## `{title}`\n\n```text\n{text.strip()}\n```\n")
    return "\n".join(lines)


def main() -> int:
    """Write the pages, or say which differ from the code."""
    pages = {"settings.md": settings_page(), "commands.md": commands_page()}
    if "--check" in sys.argv:
        stale = [name for name, text in pages.items() if (REFERENCE / name).read_text() != text]
        for name in stale:
            print(f"docs/reference/{name} does not match the code: run `make docs`")
        return 1 if stale else 0
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages.items():
        (REFERENCE / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
