# SPDX-License-Identifier: Apache-2.0
"""``stillwatch policy``: the rules of access; what they prove, why they decide, and whom a change would concern."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from stillwatch.access.ownership.picture import picture as draw
from stillwatch.access.ownership.weighing import weigh
from stillwatch.access.ownership.words import explained as words
from stillwatch.access.periods import parse_instant, shown_periods
from stillwatch.access.policy.entities import Question
from stillwatch.access.policy.explanation import explained
from stillwatch.access.policy.facts import Action, ModelFacts, OrgFacts, Principal
from stillwatch.access.policy.facts_file import Known
from stillwatch.access.policy.judge import Judge
from stillwatch.access.policy.schema import schema_text
from stillwatch.access.policy.settings import Pack
from stillwatch.access.policy.simulation import AT_BEST
from stillwatch.access.policy.simulation import simulate as simulated
from stillwatch.access.vetting.dossier import SELF
from stillwatch.access.vetting.register import register_of
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load_or_default, print_json
from stillwatch.cli.tables import print_rows
from stillwatch.errors import BadInput, IntegrityError, SettingsError
from stillwatch.service.offices import open_clock_of, open_vettings
from stillwatch.service.policies import (
    DIRECTIVES,
    invariant_texts,
    open_book,
    open_facts,
    open_ownership_rules,
    pack_notice,
    pack_text,
)
from stillwatch.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The access policy: check, explain, simulate, owners, rules, pack, schema.",
)

FactsOption = Annotated[
    Path, typer.Option("--facts", help="Facts of organisations, keys and models, in YAML.", show_default=False)
]
AtOption = Annotated[str | None, typer.Option("--at", metavar="INSTANT", help="A day or an instant; now unless given.")]
RulesOption = Annotated[
    str,
    typer.Option(
        "--rules", help="current; a folder or file of Cedar, alone; a directive in YAML, with the current ones."
    ),
]


@app.command()
def check(
    rules: RulesOption = "current",
    at: AtOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Prove the invariants of the rules, from now on, or show a request that breaks one. Exit 1 where one does.

    A directive is proved to narrow what the current rules allow, too. Wants the extra `prove`.

    Example: stillwatch policy check
    """
    try:
        # z3 is an extra, and slow to load.
        from stillwatch.access.policy.proof.invariants import parse_invariants  # noqa: PLC0415
        from stillwatch.access.policy.proof.prove import Proof, Verdict, prove, prove_narrower  # noqa: PLC0415
    except ImportError:
        raise SettingsError("Proofs want z3, which is not here.", hint="pip install 'stillwatch[prove]'") from None
    settings = load_or_default(config)
    policy, from_us = settings.access.policy, _instant(at, settings)
    book = open_book(rules, policy)
    claims = [one for name, text in invariant_texts(policy) for one in parse_invariants(text, name=name)]
    with _bar() as bar:
        task = bar.add_task("proving", total=None)
        proofs: list[Proof] = list(
            prove(
                book,
                claims,
                from_us=from_us,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        )
        if Path(rules).suffix in DIRECTIVES:
            bar.update(task, description="proving that it only narrows", total=None)
            proofs.append(prove_narrower(open_book("current", policy), book, from_us=from_us))
    says = {one.invariant_id: one.says for one in claims} | {"narrower": "The directive only ever narrows."}
    if json:
        print_json({"rules": book.digest, "proofs": proofs})
    else:
        print_rows(
            "There is no invariant to prove.",
            ("invariant", "verdict", "says"),
            [(one.invariant_id, one.verdict.value, says[one.invariant_id]) for one in proofs],
        )
    held = [one for one in proofs if one.verdict is not Verdict.PROVED]
    if held and not json:
        judge = Judge(book)
        for one in held:
            sys.stdout.write(f"\n{one.invariant_id}: {says[one.invariant_id]}\n")
            if one.witness is None:
                sys.stdout.write("No request shows it.\n" if one.verdict is Verdict.BROKEN else "No answer in time.\n")
                continue
            decision = judge.decide(one.witness.question, now_us=one.witness.now_us)
            sys.stdout.write("\n".join(explained(book, one.witness.question, decision)) + "\n")
            sys.stdout.write(msgspec.yaml.encode(one.witness.question).decode())
    if held:
        raise IntegrityError(f"{len(held)} of {len(proofs)} invariants are not proved.")


@app.command()
def explain(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model that is asked for.", show_default=False)],
    facts: FactsOption,
    principal: Annotated[
        str, typer.Option("--as", metavar="WHO", help="Who asks: a key, account, person or organisation of the facts.")
    ],
    *,
    action: Annotated[Action, typer.Option("--action", help="What is asked.")] = Action.INVOKE,
    rules: RulesOption = "current",
    at: AtOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Say why a request is allowed or denied: the rules, their sources, and until when.

    The circumstances are the first in the facts, or the best there can be where there are none.

    Example: stillwatch policy explain frontier --as key-1 --facts facts.yaml
    """
    settings = load_or_default(config)
    book, known = open_book(rules, settings.access.policy), open_facts(facts)
    who, organisation = _who(principal, known, facts)
    best = msgspec.structs.replace(AT_BEST, country=organisation.hq_country)
    question = Question(
        principal=who,
        organisation=organisation,
        action=action,
        model=known.models.get(model) or ModelFacts(model=model, version=0, digest="unknown"),
        circumstances=known.circumstances[0] if known.circumstances else best,
    )
    decision = Judge(book).decide(question, now_us=_instant(at, settings))
    if json:
        print_json(decision)
    else:
        sys.stdout.write("\n".join(explained(book, question, decision)) + "\n")


@app.command()
def simulate(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The rules as they are: see --rules.", show_default=False)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The rules as they might be.", show_default=False)],
    facts: FactsOption,
    at: AtOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """List who would gain or lose access to what under other rules.

    Example: stillwatch policy simulate current order.yaml --facts facts.yaml
    """
    settings = load_or_default(config)
    policy = settings.access.policy
    with _bar() as bar:
        task = bar.add_task("deciding", total=None)
        changes = simulated(
            open_book(old, policy),
            open_book(new, policy),
            open_facts(facts),
            now_us=_instant(at, settings),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if json:
        print_json(changes)
        return
    print_rows(
        "Nobody gains or loses anything.",
        ("organisation", "", "who", "action", "model", "by"),
        [
            (
                one.org_id,
                "gains" if one.is_gained else "loses",
                one.principal,
                one.action.value,
                one.model,
                " ".join(one.rules),
            )
            for one in changes
        ],
    )


@app.command("rules")
def rules_(
    rules: RulesOption = "current",
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """List the rules with their sources and dates, and what each pack says of itself.

    Example: stillwatch policy rules
    """
    policy = load_or_default(config).access.policy
    book = open_book(rules, policy)
    rows: list[dict[str, Any]] = [
        {
            "rule": one.rule_id,
            "effect": one.effect,
            "says": one.says,
            "in_force": shown_periods(one.periods),
            "source": one.source,
        }
        for one in book.rules
    ]
    notices = {pack: pack_notice(pack) for pack in policy.packs}
    if json:
        print_json({"digest": book.digest, "packs": notices, "rules": rows})
        return
    print_rows("No rule: everything is denied.", tuple(rows[0]) if rows else (), [tuple(row.values()) for row in rows])
    for notice in notices.values():
        sys.stdout.write(f"\n{notice.title}. Reviewed {notice.reviewed}. {notice.notice}\n")


@app.command()
def owners(
    org: Annotated[str, typer.Argument(metavar="ORG", help="The organisation's id.", show_default=False)],
    *,
    listed: Annotated[
        list[str] | None,
        typer.Option("--listed", metavar="OWNER=LIST", help="As if this owner, or `self`, stood on this list."),
    ] = None,
    picture: Annotated[Path | None, typer.Option("--picture", help="Also draw it into this SVG file.")] = None,
    rule: Annotated[str, typer.Option("--rule", help="The rule that is drawn.")] = "us-bis-affiliates",
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Say what each rule of ownership makes of an organisation's owners, with the way up to each.

    Example: stillwatch policy owners acme --picture acme.svg
    """
    recorded = open_vettings(load_or_default(config)).dossier(org)
    register, rules = register_of(recorded.dossier, _listed(listed or [])), open_ownership_rules()
    verdicts = {one.rule_id: weigh(register, one)[SELF] for one in rules}
    if picture is not None:
        drawn = next((one for one in rules if one.rule_id == rule), None)
        if drawn is None:
            raise BadInput(f'There is no rule of ownership "{rule}".', hint=f"There is {', '.join(verdicts)}.")
        picture.write_text(draw(register, drawn, verdicts[rule]), encoding="utf-8")
    if json:
        print_json(verdicts)
        return
    for one in rules:
        sys.stdout.write(f"{one.rule_id}, in force {shown_periods(one.periods)}\n")
        for line in words(register, one, verdicts[one.rule_id]):
            sys.stdout.write(f"  {line}\n")


@app.command()
def pack(
    name: Annotated[Pack, typer.Argument(metavar="PACK", help="house, us, eu or uk.", show_default=False)],
    *,
    invariants: Annotated[bool, typer.Option("--invariants", help="Its invariants instead of its rules.")] = False,
) -> None:
    """Print a pack that comes with the program, to take it over into a folder of your own.

    Example: stillwatch policy pack us > rules/us.cedar
    """
    sys.stdout.write(pack_text(name, invariants=invariants))


@app.command()
def schema() -> None:
    """Print what rules may speak of, in Cedar's syntax.

    Example: stillwatch policy schema
    """
    sys.stdout.write(schema_text())


def _listed(written: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in written:
        owner, equals, name = one.partition("=")
        if not equals or not name:
            raise BadInput(f'"{one}" does not say who is on which list.', hint="Write OWNER=LIST.")
        found[owner] = (*found.get(owner, ()), name)
    return found


def _who(name: str, known: Known, facts: Path) -> tuple[Principal, OrgFacts]:
    groups = (known.keys, known.accounts, known.persons, known.organisations)
    found = next((group[name] for group in groups if name in group), None)
    if found is None:
        raise BadInput(f'{facts} has no key, account, person or organisation "{name}".')
    return found, known.organisations[found.org_id]


def _instant(at: str | None, settings: Settings) -> int:
    return open_clock_of(settings)() if at is None else parse_instant(at)


def _bar() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)
