# SPDX-License-Identifier: Apache-2.0
"""``stillwatch key``: the credentials that programs send."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import rich.progress
import typer
from rich.console import Console

from stillwatch.access.api_key import NewKey
from stillwatch.access.binding.certificate import thumbprint_of
from stillwatch.access.binding.public_key import read_enrolled, thumbprint
from stillwatch.access.interface import UNBOUND, ApiKey, Enrolment
from stillwatch.access.leaks import Leak, find_keys
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json, read_small
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.errors import BadInput
from stillwatch.service.offices import open_clock_of, open_directory
from stillwatch.settings import Settings

PIECE_BYTES = 1 << 20

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="API keys: create, list, rotate, revoke, purge, scan."
)

KeyArgument = Annotated[str, typer.Argument(metavar="KEY_ID", help="The key's id, not the key.", show_default=False)]
ExpiresOption = Annotated[
    str | None,
    typer.Option("--expires", help="When it stops working: 90d, 12h, or a date such as 2027-03-31 (UTC)."),
]
DpopOption = Annotated[
    Path | None,
    typer.Option("--dpop-jwk", help="Bind it to a key pair: a file with the holder's public key, as a JWK."),
]
CertificateOption = Annotated[
    Path | None,
    typer.Option("--certificate", help="Bind it to a client certificate: a file with it, in PEM."),
]
ClientOption = Annotated[
    Path | None,
    typer.Option("--client-jwk", help="Make a client that signs assertions: a file with its public key, as a JWK."),
]


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
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="An action it is for, as access policies name them; repeat for more."),
    ] = None,
    expires: ExpiresOption = None,
    dpop_jwk: DpopOption = None,
    certificate: CertificateOption = None,
    client_jwk: ClientOption = None,
    honey: Annotated[
        bool, typer.Option("--honey", help="A key that nobody may use: plant it where only a thief finds it.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Make a key and print it. This is the only time it is shown.

    The key alone goes to standard output, so that it can be piped into a secret store. Of a client's key the id is
    printed: its holder signs assertions and has no key to keep.

    Example: stillwatch key create --account acct-0123456789abcdef --model large-1 --cidr 203.0.113.0/24 --expires 90d
    """
    settings = load(config)
    now_us = open_clock_of(settings)()
    enrolment = _enrolment(settings, dpop_jwk, certificate, client_jwk)
    made = open_directory(settings).issue_key(
        account,
        label=label,
        models=model or None,
        cidrs=cidr or None,
        scopes=scope or None,
        enrolment=enrolment or UNBOUND,
        is_honey=honey,
        expires_us=None if expires is None else parse_expiry(expires, now_us=now_us),
        now_us=now_us,
    )
    _print_made(made, is_client=client_jwk is not None, json=json)


@app.command()
def rotate(
    key: KeyArgument,
    *,
    overlap: Annotated[str, typer.Option("--overlap", help="How long both keys work: 24h, 7d.")] = "24h",
    expires: ExpiresOption = None,
    dpop_jwk: DpopOption = None,
    certificate: CertificateOption = None,
    client_jwk: ClientOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Make a key's successor and print it; after the overlap the old key is refused.

    The successor may do what the old key may, and lasts as long as that was made for. Without a new binding it keeps
    the old one's.

    Example: stillwatch key rotate 7Qm2xW0aZ4Lc --overlap 7d
    """
    settings = load(config)
    now_us = open_clock_of(settings)()
    directory = open_directory(settings)
    enrolment = _enrolment(settings, dpop_jwk, certificate, client_jwk)
    made = directory.rotate_key(
        key,
        overlap_us=parse_expiry(overlap, now_us=0),
        expires_us=None if expires is None else parse_expiry(expires, now_us=now_us),
        enrolment=enrolment,
        now_us=now_us,
    )
    is_client = any(one.key_id == made.key_id and one.client_jkt is not None for one in directory.api_keys())
    _print_made(made, is_client=is_client, json=json)


@app.command()
def scan(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to look through.", show_default=False)],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Find our API keys in files and say whose they are; exit with 1 where there is one. The keys are not printed.

    Example: stillwatch key scan dump.sql build.log
    """
    settings = load(config)
    directory = open_directory(settings)
    now_us = open_clock_of(settings)()
    found = []
    for path, leak in _leaks(files):
        api_key = directory.identify(leak.text)
        if api_key is not None:
            found.append((path, leak.line, api_key))
    if json:
        print_json([{"file": str(path), "line": line, "api_key": api_key} for path, line, api_key in found])
    else:
        print_rows(
            "No key of ours is in there.",
            ("key", "file", "line", "organisation", "account", "label", "state"),
            [
                (one.key_id, str(path), str(line), one.org_id, one.account_id, one.label, _state(one, now_us))
                for path, line, one in found
            ],
        )
    if found:
        raise typer.Exit(1)


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
        ("key", "account", "label", "state", "models", "networks", "bound to", "expires", "created"),
        [
            (
                api_key.key_id,
                api_key.account_id,
                api_key.label,
                _state(api_key, now_us),
                ", ".join(api_key.models) if api_key.models else "every",
                ", ".join(api_key.cidrs) if api_key.cidrs else "any",
                _bound_to(api_key),
                shown_day(api_key.expires_us, never="never"),
                shown_day(api_key.created_us),
            )
            for api_key in found
        ],
    )


@app.command()
def revoke(
    key: KeyArgument,
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


def _enrolment(
    settings: Settings, dpop_jwk: Path | None, certificate: Path | None, client_jwk: Path | None
) -> Enrolment | None:
    """What the files enrol; None where there is none."""
    if dpop_jwk is None and certificate is None and client_jwk is None:
        return None
    if (dpop_jwk or client_jwk) and not settings.access.binding.public_urls:
        raise BadInput(
            "The gateway does not know by which URL it is reached, so it can take nothing signed.",
            hint='Set access.binding.public_urls, such as ["https://api.example.com"].',
        )
    if certificate and settings.gateway.trusted_proxies.certificate_header is None:
        raise BadInput(
            "No proxy tells the gateway of client certificates, so the key could never be used.",
            hint="Set gateway.trusted_proxies.networks and certificate_header.",
        )
    return Enrolment(
        jkt=None if dpop_jwk is None else thumbprint(read_enrolled(read_small(dpop_jwk).decode(errors="replace"))),
        x5t=None if certificate is None else thumbprint_of(read_small(certificate)),
        client_jwk=None if client_jwk is None else read_enrolled(read_small(client_jwk).decode(errors="replace")),
    )


def _leaks(files: Sequence[Path]) -> Iterator[tuple[Path, Leak]]:
    """Every well-formed key in the files, with a bar in a terminal."""
    for path in files:
        try:
            with rich.progress.open(
                path, "rb", description=path.name, console=Console(stderr=True), transient=True
            ) as file:
                yield from ((path, leak) for leak in find_keys(iter(partial(file.read, PIECE_BYTES), b"")))
        except OSError as error:
            raise BadInput(f"The file {path} cannot be read: {error.strerror}.") from None


def _print_made(made: NewKey, *, is_client: bool, json: bool) -> None:
    if json:
        print_json({"key_id": made.key_id} if is_client else {"key_id": made.key_id, "api_key": made.text})
        return
    sys.stdout.write((made.key_id if is_client else made.text) + "\n")
    if sys.stderr.isatty() and not is_client:
        sys.stderr.write(f"Key {made.key_id}. Keep it now: it cannot be shown again.\n")


def _bound_to(api_key: ApiKey) -> str:
    if api_key.is_honey:
        return "honey"
    bound = [("key pair", api_key.jkt), ("certificate", api_key.x5t), ("client", api_key.client_jkt)]
    return ", ".join(what for what, thumbprint in bound if thumbprint is not None) or "nothing"


def _state(api_key: ApiKey, now_us: int) -> str:
    if api_key.revoked_us is not None:
        return f"revoked {shown_day(api_key.revoked_us)}"
    if api_key.expires_us is not None and now_us >= api_key.expires_us:
        return "expired" if api_key.replaced_by is None else f"replaced by {api_key.replaced_by}"
    return "good" if api_key.replaced_by is None else f"good, replaced by {api_key.replaced_by}"
