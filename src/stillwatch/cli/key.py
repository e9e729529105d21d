# SPDX-License-Identifier: Apache-2.0
"""``stillwatch key``: the credentials that programs send."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from stillwatch.access.interface import ApiKey
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.errors import BadInput
from stillwatch.service.offices import open_clock_of, open_directory

app = typer.Typer(no_args_is_help=True, add_completion=False, help="API keys: create, list, revoke, purge.")


@app.command()
def create(
    *,
    account: Annotated[str, typer.Option("--account", help="The account that owns it.", show_default=False)],
    label: Annotated[str, typer.Option("--label", help="What it is for.")] = "",
    model: Annotated[
        list[str] | None, typer.Option("--model", help="A model it may use; repeat for more. Default: every model.")
    ] = None,
    cidr: Annotated[
        list[str] | None,
        typer.Option("--cidr", help="A network it may be used from; repeat for more. Default: everywhere."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option("--expires", help="When it stops working: 90d, 12h, or a date such as 2027-03-31 (UTC)."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Make a key and print it. This is the only time it is shown.

    The key alone goes to standard output, so that it can be piped into a secret store.

    Example: stillwatch key create --account acct-0123456789abcdef --model large-1 --cidr 203.0.113.0/24 --expires 90d
    """
    settings = load(config)
    now_us = open_clock_of(settings)()
    made = open_directory(settings).issue_key(
        account,
        label=label,
        models=model or None,
        cidrs=cidr or None,
        expires_us=None if expires is None else parse_expiry(expires, now_us=now_us),
        now_us=now_us,
    )
    if json:
        print_json({"key_id": made.key_id, "api_key": made.text})
        return
    sys.stdout.write(made.text + "\n")
    if sys.stderr.isatty():
        sys.stderr.write(f"Key {made.key_id}. Keep it now: it cannot be shown again.\n")


@app.command("list")
def list_(
    account: Annotated[str | None, typer.Option("--account", help="Only this account's.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """List keys, revoked and expired ones included. The keys themselves are not kept anywhere.

    Example: stillwatch key list --account acct-0123456789abcdef
    """
    settings = load(config)
    found = open_directory(settings).api_keys(account_id=account)
    if json:
        print_json(found)
        return
    now_us = open_clock_of(settings)()
    print_rows(
        "No key yet. Make one with `stillwatch key create --account ACCOUNT`.",
        ("key", "account", "label", "state", "models", "networks", "expires", "created"),
        [
            (
                api_key.key_id,
                api_key.account_id,
                api_key.label,
                _state(api_key, now_us),
                ", ".join(api_key.models) if api_key.models else "every",
                ", ".join(api_key.cidrs) if api_key.cidrs else "any",
                shown_day(api_key.expires_us, never="never"),
                shown_day(api_key.created_us),
            )
            for api_key in found
        ],
    )


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY_ID", help="The key's id, not the key.", show_default=False)],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Refuse a key, within a second and for good.

    Example: stillwatch key revoke 7Qm2xW0aZ4Lc
    """
    settings = load(config)
    now_us = open_clock_of(settings)()
    revoked = open_directory(settings).revoke_key(key, now_us=now_us)
    if json:
        print_json(revoked)
        return
    print_details([("key", revoked.key_id), ("account", revoked.account_id), ("state", _state(revoked, now_us))])


@app.command()
def purge(
    days: Annotated[
        int, typer.Option("--older-than-days", min=1, max=36_500, help="Over for at least this long.")
    ] = 90,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Forget keys that were revoked or expired long ago; from then on they are simply unknown.

    Example: stillwatch key purge --older-than-days 365
    """
    settings = load(config)
    before_us = open_clock_of(settings)() - days * 86_400_000_000
    gone = open_directory(settings).purge_keys(before_us=before_us)
    if json:
        print_json(gone)
        return
    print_details([("keys forgotten", str(len(gone)))])


def parse_expiry(text: str, *, now_us: int) -> int:
    """Read ``90d``, ``12h``, a date (its first instant, UTC) or an ISO instant with offset, in microseconds.

    Raises:
        BadInput: It is none of these.
    """
    try:
        if text[-1:] in {"d", "h"} and text[:-1].isascii() and text[:-1].isdigit():
            hours = int(text[:-1]) * (24 if text[-1] == "d" else 1)
            return now_us + hours * 3_600_000_000
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise BadInput(
            f"The expiry {text[:80]!a} cannot be read.", hint="Write 90d, 12h, or a date such as 2027-03-31."
        ) from None


def _state(api_key: ApiKey, now_us: int) -> str:
    if api_key.revoked_us is not None:
        return f"revoked {shown_day(api_key.revoked_us)}"
    if api_key.expires_us is not None and now_us >= api_key.expires_us:
        return "expired"
    return "good"
