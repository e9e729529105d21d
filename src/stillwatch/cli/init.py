# SPDX-License-Identifier: Apache-2.0
"""``stillwatch init``: from nothing to a gateway that can be served."""

import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from stillwatch.cli.options import JsonOption, print_json
from stillwatch.errors import BadInput
from stillwatch.service.offices import open_clock_of, open_directory
from stillwatch.settings import load_settings

app = typer.Typer()

FILE = """\
# Stillwatch's settings. Every setting, with its default: docs/reference/settings.md.
data_dir = {data_dir}

[gateway]
listen = {listen}
workers = 1

[control]
# Metrics and state for operators. It has no sign-in: keep it on an address that only operators reach.
listen = {operators}

[upstreams.main]
base_url = {base_url}
dialect = {dialect}
{credential}
[models.{model}]
upstream = "main"
{upstream_name}"""


@app.command()
def init(
    *,
    upstream: Annotated[str, typer.Option("--upstream", help="Where the model server listens: http://host:8000/v1.")],
    model: Annotated[str, typer.Option("--model", help="The name callers use for the model.")],
    upstream_model: Annotated[
        str | None, typer.Option("--upstream-model", help="What the model server calls it, where that differs.")
    ] = None,
    dialect: Annotated[Literal["openai", "anthropic"], typer.Option("--dialect", help="What the server speaks.")] = (
        "openai"
    ),
    credential_env: Annotated[
        str | None, typer.Option("--credential-env", help="Environment variable with the model server's own API key.")
    ] = None,
    directory: Annotated[
        Path, typer.Option("--dir", help="Where to write stillwatch.toml and keep the data.")
    ] = Path(),
    listen: Annotated[str, typer.Option("--listen", help="Address of the gateway.")] = "127.0.0.1:8080",
    operators: Annotated[str, typer.Option("--operators", help="Address of metrics and state.")] = "127.0.0.1:9464",
    json: JsonOption = False,
) -> None:
    """Write a settings file and make a first organisation, account and API key.

    The key is printed once. An existing settings file is never overwritten.

    Example: stillwatch init --upstream http://127.0.0.1:8000/v1 --model my-model
    """
    path = directory / "stillwatch.toml"
    if path.exists():
        raise BadInput(f"{path} is already there.", hint="Edit it, or choose another folder with --dir.")
    directory.mkdir(parents=True, exist_ok=True)
    # TOML's basic strings and JSON's are written alike.
    quote = jsonlib.dumps
    path.write_text(
        FILE.format(
            data_dir=quote("stillwatch-data"),
            listen=quote(listen),
            operators=quote(operators),
            base_url=quote(upstream),
            dialect=quote(dialect),
            credential=f"credential_env = {quote(credential_env)}\n" if credential_env else "",
            model=quote(model),
            upstream_name=f"name = {quote(upstream_model)}\n" if upstream_model else "",
        )
    )
    try:
        settings = load_settings(path)
        office, now_us = open_directory(settings), open_clock_of(settings)()
        organisation = office.create_organisation(name="First organisation", now_us=now_us)
        account = office.create_account(org_id=organisation.org_id, name="First account", now_us=now_us)
        made = office.issue_key(account.account_id, label="first", now_us=now_us)
    except Exception:
        path.unlink()
        raise
    if json:
        print_json({"config": str(path), "org_id": organisation.org_id, "account_id": account.account_id,
                    "key_id": made.key_id, "api_key": made.text})  # fmt: skip
        return
    sys.stdout.write(
        f"Wrote {path}.\n\n"
        f"The first API key, shown this once:\n\n    {made.text}\n\n"
        f"Now:  stillwatch serve --config {path}\n"
        f"Then set your clients' base_url to http://{listen}{'/v1' if dialect == 'openai' else ''}\n"
    )
