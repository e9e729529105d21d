# SPDX-License-Identifier: Apache-2.0
"""``stillwatch log``: the record of every exchange, listed, shown, verified and exported."""

import sys
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.tables import print_details, print_rows
from stillwatch.errors import BadInput
from stillwatch.records.exchange import Exchange, Outcome
from stillwatch.service.log_room import (
    check_record,
    export_log,
    open_pseudonyms,
    open_reader,
    public_shape,
    write_json_lines,
)
from stillwatch.service.offices import open_clock_of
from stillwatch.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The exchange log: list, show, verify, export.")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
FOREVER_US = 253_402_300_800_000_000
"""The end of the year 9999."""
SHOWN_PROMPT = 60
"""Characters of a prompt in a list."""

FromOption = Annotated[
    str | None, typer.Option("--from", help="Arrived at or after: 2026-06-01T12:00 (UTC), or 90m, 24h, 7d ago.")
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Arrived before; written as --from.")]
OrgOption = Annotated[str | None, typer.Option("--org", help="Only this organisation's.")]
AccountOption = Annotated[str | None, typer.Option("--account", help="Only this account's.")]
IdentifyOption = Annotated[
    bool, typer.Option("--identify", help="Show identifiers in clear where the log keeps pseudonyms. Needs the key.")
]


@app.command("list")
def list_(
    *,
    since: FromOption = "1h",
    until: UntilOption = None,
    org: OrgOption = None,
    account: AccountOption = None,
    outcome: Annotated[Outcome | None, typer.Option("--outcome", help="Only those that ended so.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="At most this many.")] = 50,
    identify: IdentifyOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """List the latest exchanges, oldest first, rolled into Parquet or not.

    Example: stillwatch log list --from 24h --account acct-0123456789abcdef
    """
    rows = _rows(load(config), since, until, org=org, account=account, identify=identify)
    latest = deque((row for row in rows if outcome is None or row.outcome is outcome), maxlen=limit)
    if json:
        print_json([_full_shape(row) for row in latest])
        return
    print_rows(
        "No exchange in that time.",
        ("exchange", "arrived", "account", "model", "status", "outcome", "tokens in/out", "prompt"),
        [
            (
                _printable(row.exchange_id),
                _instant(row.ts_us),
                _printable(row.account_id),
                _printable(row.model),
                "" if row.status is None else str(row.status),
                row.outcome.value if row.refusal is None else f"{row.outcome.value}: {row.refusal}",
                f"{_shown(row.input_tokens)}/{_shown(row.output_tokens)}",
                _shortened(row.prompt),
            )
            for row in latest
        ],
    )


@app.command()
def show(
    exchange: Annotated[str, typer.Argument(metavar="EXCHANGE", help="Its id: X-Request-Id.", show_default=False)],
    *,
    identify: IdentifyOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Show all that is on record of one exchange.

    Example: stillwatch log show 0197f1c2b6a07d2c9a5e3f4b5c6d7e8f
    """
    row = open_reader(load(config)).find(exchange, identify=identify)
    if row is None:
        raise BadInput(f"No exchange {exchange[:80]!a} is on record.", hint="It may be past its retention.")
    if json:
        print_json(_full_shape(row))
        return
    print_details([(name, _printable(str(value))) for name, value in _full_shape(row).items()])


@app.command()
def verify(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Read every byte of the record: checksums hold, nothing is there twice. Exit code 1 where that is not so.

    Example: stillwatch log verify --json
    """
    check = check_record(load(config))
    if json:
        print_json({**msgspec.to_builtins(check), "is_good": check.is_good})
    else:
        print_details(
            [
                ("exchanges", f"{check.rows:,}, of which {check.unrolled:,} are not rolled yet"),
                ("files", f"{check.files:,}"),
                ("segments", f"{check.segments:,}"),
                ("twice", ", ".join(check.duplicates) or "none"),
                ("damage", "; ".join(check.damage) or "none"),
            ]
        )
    if not check.is_good:
        raise typer.Exit(1)


@app.command()
def export(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="Ends in .parquet or .jsonl; - is JSON Lines on standard output.")
    ],
    *,
    since: FromOption = None,
    until: UntilOption = None,
    org: OrgOption = None,
    account: AccountOption = None,
    identify: IdentifyOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Write exchanges in the public shape of the log, by time of arrival, for `stillwatch hunt` or any other program.

    Example: stillwatch log export june.parquet --from 2026-06-01 --until 2026-07-01
    """
    rows = _rows(load(config), since, until, org=org, account=account, identify=identify)
    if str(out) == "-":
        write_json_lines(rows, sys.stdout.buffer)
        sys.stdout.flush()
        return
    count = export_log(rows, out)
    if json:
        print_json({"out": str(out), "exchanges": count})
    else:
        print_details([("exchanges", f"{count:,}"), ("file", str(out))])


def parse_instant(text: str, *, now_us: int) -> int:
    """Read an ISO instant (UTC unless it says otherwise), or how long ago, such as ``90m``, in microseconds.

    Raises:
        BadInput: It is neither.
    """
    try:
        if text[-1:] in UNITS and text[:-1].isascii() and text[:-1].isdigit():
            return now_us - int(text[:-1]) * UNITS[text[-1]] * 1_000_000
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        return (instant - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise BadInput(
            f"The instant {text[:80]!a} cannot be read.",
            hint="Write 2026-06-01T12:00, or 90m, 24h, 7d for so long ago.",
        ) from None


def _rows(
    settings: Settings, since: str | None, until: str | None, *, org: str | None, account: str | None, identify: bool
) -> Iterator[Exchange]:
    """The exchanges that the options ask for."""
    now_us = open_clock_of(settings)()
    from_us = 0 if since is None else parse_instant(since, now_us=now_us)
    until_us = FOREVER_US if until is None else parse_instant(until, now_us=now_us)
    names = None if identify else open_pseudonyms(settings)
    wanted: list[tuple[str, set[str]]] = []
    for column, value in (("org_id", org), ("account_id", account)):
        if value is not None:
            # One may ask by the name one knows, whatever the log keeps.
            wanted.append((column, {value} if names is None else {value, names.pseudonym(column, value)}))
    for row in open_reader(settings).exchanges(from_us=max(0, from_us), until_us=until_us, identify=identify):
        if all(getattr(row, column) in values for column, values in wanted):
            yield row


def _full_shape(row: Exchange) -> dict[str, Any]:
    """The public columns, then ours; instants as text, what is not known left out, the sketch by its size."""
    shaped = public_shape(row)
    for name in (
        "outcome",
        "refusal",
        "reasoning_tokens",
        "cached_tokens",
        "tokens_estimated",
        "rung",
        "policy_rules",
        "policy_facts",
        "binding",
        "person",
        "person_class",
    ):
        value = getattr(row, name)
        if value is not None:
            shaped[name] = value
    if row.sketch is not None:
        shaped["sketch_bytes"] = len(row.sketch)
    return shaped


def _instant(ts_us: int) -> str:
    return (EPOCH + timedelta(microseconds=ts_us)).strftime("%Y-%m-%d %H:%M:%S")


def _shown(number: int | None) -> str:
    return "?" if number is None else str(number)


def _printable(text: str) -> str:
    """The text without what could steer the terminal it is shown in: callers choose what stands in the log."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _shortened(prompt: str) -> str:
    line = _printable(" ".join(prompt[: 4 * SHOWN_PROMPT].split()))
    return line if len(line) <= SHOWN_PROMPT else f"{line[:SHOWN_PROMPT]}…"
