# SPDX-License-Identifier: Apache-2.0
"""``stillwatch directive``: the switch that narrows a model to whom an order names, and the proof of when it did."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from stillwatch.access.policy.directive import Directive, parse_directive, shown
from stillwatch.access.policy.interface import Order
from stillwatch.access.policy.statement import Statement, verify
from stillwatch.cli.operator import OperatorOption, operator
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.errors import BadInput, IntegrityError, Unavailable
from stillwatch.service.offices import open_clock_of, open_directives, open_public_key
from stillwatch.settings import Settings

if TYPE_CHECKING:
    from stillwatch.service.losses import Loss

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Directives: apply, lift, replay, list, show, key, verify.",
)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The directive, as YAML.", show_default=False)]
IdArgument = Annotated[str, typer.Argument(metavar="DIRECTIVE", help="The directive's id.", show_default=False)]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait until every worker goes by it; 0: do not wait.")
]
POLL_SECONDS = 0.02


@app.command()
def apply(
    file: FileArgument,
    *,
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; list who would lose access, with their traffic.")
    ] = False,
    hours: Annotated[float, typer.Option("--hours", min=0, help="Hours of traffic that --dry-run looks at.")] = 24,
    wait: WaitOption = 10,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Narrow models at once, or from the instant the file says. Streams under way are cut or finish, as it says.

    Example: stillwatch directive apply order-2026-11.yaml --dry-run
    """
    settings = load(config)
    directive = _read(file)
    if is_dry_run:
        # Only a dry run needs what reads logs and lists; the switch itself must not wait for them.
        from stillwatch.service.losses import losses  # noqa: PLC0415

        _print_losses(losses(settings, directive, hours=hours), directive, hours=hours, json=json)
        return
    order = open_directives(settings).apply(directive, by=operator(by), now_us=open_clock_of(settings)())
    _await(settings, order, wait=wait, json=json)


@app.command()
def lift(
    directive_id: IdArgument,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why. It is signed.", show_default=False)],
    wait: WaitOption = 10,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """End a directive: what was allowed before it is allowed again.

    Example: stillwatch directive lift order-2026-11 --reason "Withdrawn by letter of 30 June"
    """
    settings = load(config)
    now_us = open_clock_of(settings)()
    order = open_directives(settings).lift(directive_id, by=operator(by), reason=reason, now_us=now_us)
    _await(settings, order, wait=wait, json=json)


@app.command()
def replay(
    directive_id: IdArgument,
    *,
    wait: WaitOption = 10,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Give a directive that was lifted once more, as it was.

    Example: stillwatch directive replay order-2026-11
    """
    settings = load(config)
    office = open_directives(settings)
    directive = office.order(directive_id).directive
    order = office.apply(directive, by=operator(by), now_us=open_clock_of(settings)())
    _await(settings, order, wait=wait, json=json)


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """List every directive that was ever given.

    Example: stillwatch directive list
    """
    found = open_directives(load(config)).orders().orders
    if json:
        print_json(found)
        return
    print_rows(
        "No directive was ever given.",
        ("directive", "models", "effective", "in force since", "on workers", "lifted", "by"),
        [
            (
                one.directive.directive_id,
                ", ".join(one.directive.models),
                shown_day(one.directive.from_us),
                shown_day(one.in_force_us, never="not yet"),
                str(one.workers or ""),
                shown_day(one.directive.lifted_us),
                one.lifted_by or one.applied_by,
            )
            for one in found
        ],
    )


@app.command()
def show(
    directive_id: IdArgument,
    statement: Annotated[
        Path | None, typer.Option("--statement", help="Write the newest signed statement to this file.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Show the newest directive of an id: what it says, and when every worker went by it.

    Example: stillwatch directive show order-2026-11 --statement proof.json
    """
    order = open_directives(load(config)).order(directive_id)
    if statement is not None:
        if not order.statements:
            raise Unavailable("Nothing is signed yet.", hint="Not every worker has said that it goes by the directive.")
        statement.write_bytes(msgspec.json.encode(order.statements[-1]) + b"\n")
    _print(order, json=json)


@app.command()
def key(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Print the public key that statements are checked with.

    Example: stillwatch directive key
    """
    public_key = open_public_key(load(config))
    if json:
        print_json({"public_key": public_key})
    else:
        print_details([("public key", public_key)])


@app.command("verify")
def verify_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A signed statement.", show_default=False)],
    *,
    public_key: Annotated[str, typer.Option("--key", help="The public key you trust, in hex.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Check a signed statement, and show what it says. Exit code 1 where it does not hold.

    Example: stillwatch directive verify proof.json --key 3b6a27bc…
    """
    try:
        signed = msgspec.json.decode(_bytes(file), type=Statement)
    except msgspec.DecodeError as error:
        raise IntegrityError(f"The file {file} holds no signed statement: {error}.") from None
    said = verify(signed, public_key=public_key)
    if json:
        print_json(said)
        return
    print_details([(name, str(value)) for name, value in said.items()])


def _read(file: Path) -> Directive:
    return parse_directive(_bytes(file), name=str(file))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"The file {file} cannot be read: {error.strerror}.") from None


def _await(settings: Settings, order: Order, *, wait: float, json: bool) -> None:
    """Wait until every worker goes by an order or its lifting, and show it."""
    office = open_directives(settings)
    until = time.monotonic() + wait
    directive_id = order.directive.directive_id
    while order.is_owed and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
        order = office.order(directive_id)
    _print(order, json=json)
    if wait and order.is_owed:
        raise Unavailable(
            f"The directive is recorded, and not every worker has said within {wait:g} s that it goes by it.",
            hint="See that the gateway runs. A worker that starts later goes by it from its first request.",
        )


def _print(order: Order, *, json: bool) -> None:
    if json:
        print_json(order)
        return
    said = shown(order.directive)
    details: list[tuple[str, Any]] = [(name, said[name]) for name in said if said[name]]
    details += [
        ("effective", shown_day(order.directive.from_us)),
        ("ends", shown_day(order.directive.until_us, never="when it is lifted")),
        ("given", f"{shown_day(order.applied_us)} by {order.applied_by}"),
        ("in force", _since(order.in_force_us, order.workers)),
    ]
    if not order.is_standing:
        details += [
            ("lifted", f"{shown_day(order.directive.lifted_us)} by {order.lifted_by}: {order.lift_reason}"),
            ("open again", _since(order.lift_in_force_us, order.workers)),
        ]
    print_details([(name, value if isinstance(value, str) else _plain(value)) for name, value in details])


def _since(instant_us: int | None, workers: int | None) -> str:
    return "not on every worker yet" if instant_us is None else f"since {shown_day(instant_us)} on {workers} workers"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    return ", ".join(str(one) for one in value)


def _print_losses(found: "list[Loss]", directive: Directive, *, hours: float, json: bool) -> None:
    if json:
        print_json(found)
        return
    print_rows(
        f"Nobody loses access to {', '.join(directive.models)}.",
        ("organisation", "accounts", "keys", f"requests in {hours:g} h", "last"),
        [(one.org_id, str(one.accounts), str(one.keys), str(one.requests), shown_day(one.last_us)) for one in found],
    )
