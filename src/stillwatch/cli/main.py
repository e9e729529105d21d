# SPDX-License-Identifier: Apache-2.0
"""The program: finds the command, and turns what went wrong into one sentence and an exit code.

Each command is a file in this package with a ``typer.Typer`` called ``app``. It is imported only when it is called, so
that ``stillwatch key create`` does not wait for the libraries that ``stillwatch hunt`` needs.
"""

import importlib
import sys
from typing import Any

import typer
import typer.core

from stillwatch.errors import StillwatchError

COMMANDS = {
    "init": "Write a settings file and make a first organisation, account and API key.",
    "serve": "Run the gateway and its control process.",
    "org": "Organisations: create, list, show, set, and vet.",
    "admin": "Who may sign in to the operators' HTTP API.",
    "account": "Accounts: create, list, show, verify, deactivate.",
    "key": "API keys: create, list, rotate, revoke, scan.",
    "policy": "The access policy: check, explain, simulate, owners, rules, pack, schema.",
    "list": "Lists to screen against: load, show, remove.",
    "screen": "Look for one name on every list.",
    "hit": "Screening hits: list, show, clear, confirm.",
    "directive": "Narrow a model to named organisations or attested persons, in seconds, with proof.",
    "case": "Cases: list, show, act, undo.",
    "log": "The exchange log: list, show, verify, export.",
    "hunt": "Find distillation campaigns in access logs.",
    "corpus": "Public lists of prompts: add, list, remove.",
    "calibrate": "Measure false alarms on your own traffic, without labels, and its drift.",
    "arena": "Compose labelled logs, and judge detection on them.",
    "demo": "Watch a hydra being found and contained, on this machine.",
}
"""Every command and its one line of help, in the order people meet them."""


class LazyCommands(typer.core.TyperGroup):
    """Imports a command's file when the command is called."""

    _is_listing = False

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The page that lists every command, without importing any."""
        self._is_listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._is_listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command, in the order people meet them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or None. For the page that lists them all, only its line of help."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        if self._is_listing:
            return typer.core.TyperCommand(cmd_name, callback=None, help=COMMANDS[cmd_name])
        module = importlib.import_module(f"stillwatch.cli.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=LazyCommands,
    name="stillwatch",
    help="Keeps a language model from being distilled through its API.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _program() -> None:
    """Keeps a language model from being distilled through its API."""


def main() -> None:
    """Run the program and exit with the code that ``docs/reference/exit-codes.md`` promises."""
    try:
        app()
    except StillwatchError as error:
        sys.stderr.write(f"stillwatch: {error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output (head, less) has had enough.
        sys.stderr.close()
        sys.exit(0)
