# SPDX-License-Identifier: Apache-2.0
"""``stillwatch org trust-key``: the keys that organisations sign assertions about persons with."""

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.access.binding.public_key import read_enrolled
from stillwatch.access.interface import AssertionKey
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json, read_small
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.service.offices import open_clock_of, open_directory

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Keys that an organisation signs with: add, list, remove."
)

OrgArgument = Annotated[str, typer.Argument(metavar="ORG", help="The organisation's id.", show_default=False)]


@app.command()
def add(
    org: OrgArgument,
    jwk: Annotated[Path, typer.Argument(metavar="FILE", help="Its public key, as a JWK.", show_default=False)],
    label: Annotated[str, typer.Option("--label", help="What the key is for.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Believe what an organisation signs with a key about the persons behind its requests.

    Example: stillwatch org trust-key add acme acme-2026.jwk --label "identity service"
    """
    settings = load(config)
    key = read_enrolled(read_small(jwk).decode(errors="replace"))
    _print(open_directory(settings).trust_key(org, key, label=label, now_us=open_clock_of(settings)()), json=json)


@app.command("list")
def list_(org: OrgArgument, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """List the keys of an organisation that are trusted.

    Example: stillwatch org trust-key list acme
    """
    found = open_directory(load(config)).trusted_keys(org)
    if json:
        print_json(found)
        return
    print_rows(
        "No key of it is trusted. Add one with `stillwatch org trust-key add ORG FILE`.",
        ("thumbprint", "label", "since"),
        [(key.thumbprint, key.label, shown_day(key.trusted_us)) for key in found],
    )


@app.command()
def remove(
    org: OrgArgument,
    thumbprint: Annotated[str, typer.Argument(help="The key's thumbprint, as listed.", show_default=False)],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Believe a key no more, within a second: not even what was signed with it before.

    Example: stillwatch org trust-key remove acme kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
    """
    settings = load(config)
    _print(open_directory(settings).distrust_key(org, thumbprint, now_us=open_clock_of(settings)()), json=json)


def _print(key: AssertionKey, *, json: bool) -> None:
    if json:
        print_json(key)
        return
    details = [("organisation", key.org_id), ("thumbprint", key.thumbprint), ("label", key.label)]
    print_details([*details, ("trusted since", shown_day(key.trusted_us))])
