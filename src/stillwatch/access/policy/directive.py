# SPDX-License-Identifier: Apache-2.0
"""A directive: from an instant, a model is open only to named organisations or to persons of attested classes.

It becomes forbids and nothing else, so it can only narrow what the rules allow: lifting it restores what was, and no
mistake in it opens anything. ``docs/formats/directive.md`` describes the file.
"""

from datetime import date
from enum import StrEnum
from typing import Any

import msgspec

from stillwatch.access.documents import read_document
from stillwatch.access.periods import Period, earliest, parse_instant, written_periods
from stillwatch.access.policy.book import Rule, parse_rules
from stillwatch.access.policy.facts import Action
from stillwatch.errors import BadInput
from stillwatch.records.binding import ExportClass

PACK = "directive"


class Running(StrEnum):
    """What becomes of streams that run when a directive takes effect."""

    CUT = "cut"
    """They are ended."""
    FINISH = "finish"
    """They run to their end; nothing new begins."""


class Directive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order that narrows who may use models."""

    directive_id: str
    models: tuple[str, ...]
    """Models it narrows, by name."""
    source: str
    """The order that it follows: authority, reference, date."""
    reason: str
    """One sentence that a refused caller is told."""
    from_us: int
    """When it takes effect."""
    until_us: int | None = None
    """When it ends by itself; None: when it is lifted."""
    actions: tuple[Action, ...] = tuple(Action)
    only_organisations: tuple[str, ...] | None = None
    """The organisations that keep access; None: it does not look at organisations."""
    only_classes: tuple[ExportClass, ...] | None = None
    """The attested classes of persons that keep access; None: it does not look at persons."""
    exempt_organisations: tuple[str, ...] = ()
    """Organisations that it does not concern, whatever the class of their people."""
    exempt_accounts: tuple[str, ...] = ()
    exempt_keys: tuple[str, ...] = ()
    running: Running = Running.CUT
    lifted_us: int | None = None
    """When it was lifted; None: it was not."""

    def period(self) -> Period | None:
        """When it is in force; None where it was lifted before it took effect."""
        end = earliest(self.until_us, self.lifted_us)
        return None if end is not None and end <= self.from_us else Period(self.from_us, end)


def text_of(directive: Directive) -> str:
    """The forbids that a directive is, in Cedar's syntax, one for each model; empty where it is never in force."""
    period = directive.period()
    return "" if period is None else "".join(_rule(directive, model, period) for model in directive.models)


def rules_of(directive: Directive) -> tuple[Rule, ...]:
    """The same, parsed."""
    return parse_rules(text_of(directive), pack=PACK, name=f"directive {directive.directive_id}")


def parse_directive(text: str | bytes, *, name: str) -> Directive:
    """Read a directive from YAML.

    Raises:
        BadInput: The text is something else, a field is missing, unknown or of another type, or it names nobody and
            nothing; the place is named.
    """
    written = read_document(text, _Written, name=name, what="a directive", hint="See docs/formats/directive.md.")
    if not written.models:
        raise BadInput(f"{name} names no model.", hint="List the models that it narrows under `models`.")
    for field, listed in (("models", written.models), ("only.organisations", written.only.organisations or ())):
        if len(set(listed)) < len(listed):
            raise BadInput(f"{name} names something twice under `{field}`.")
    if written.only.person_classes is not None and ExportClass.UNATTESTED in written.only.person_classes:
        raise BadInput(
            f"{name} keeps access for persons of whom nothing is attested.",
            hint="Leave `unattested` out; to look at organisations alone, leave `person_classes` out.",
        )
    begin, end = _instant(written.effective, name, "effective"), None
    if written.until is not None:
        end = _instant(written.until, name, "until")
        if end <= begin:
            raise BadInput(f"{name} ends before it takes effect.")
    return Directive(
        directive_id=written.directive,
        models=written.models,
        source=written.source,
        reason=written.reason,
        from_us=begin,
        until_us=end,
        actions=written.actions or tuple(Action),
        only_organisations=written.only.organisations,
        only_classes=written.only.person_classes,
        exempt_organisations=written.exempt.organisations,
        exempt_accounts=written.exempt.accounts,
        exempt_keys=written.exempt.keys,
        running=written.running,
    )


def shown(directive: Directive) -> dict[str, Any]:
    """A directive as its file has it, for people and for the record. What was not given is left out."""
    only: dict[str, Any] = {}
    if directive.only_organisations is not None:
        only["organisations"] = list(directive.only_organisations)
    if directive.only_classes is not None:
        only["person_classes"] = [one.value for one in directive.only_classes]
    exempt = {
        "organisations": list(directive.exempt_organisations),
        "accounts": list(directive.exempt_accounts),
        "keys": list(directive.exempt_keys),
    }
    return {
        "directive": directive.directive_id,
        "models": list(directive.models),
        "actions": [one.value for one in directive.actions],
        "only": only,
        "exempt": {name: listed for name, listed in exempt.items() if listed},
        "running": directive.running.value,
        "source": directive.source,
        "reason": directive.reason,
    }


class _Only(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    organisations: tuple[str, ...] | None = None
    person_classes: tuple[ExportClass, ...] | None = None


class _Exempt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    organisations: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    directive: str
    models: tuple[str, ...]
    source: str
    reason: str
    # YAML reads an instant for itself, and a text where it is quoted.
    effective: Any
    until: Any = None
    actions: tuple[Action, ...] = ()
    only: _Only = _Only()
    exempt: _Exempt = _Exempt()
    running: Running = Running.CUT


def _rule(directive: Directive, model: str, period: Period) -> str:
    actions = ", ".join(f'Action::"{one.value}"' for one in directive.actions)
    keeps = []
    if directive.only_organisations is not None:
        keeps.append(_belongs("principal.organisation", "Organisation", directive.only_organisations))
    if directive.only_classes is not None:
        classes = ", ".join(quoted(one.value) for one in directive.only_classes)
        keeps.append(f"[{classes}].contains(context.person_class)" if classes else "false")
    # A directive that names nobody closes the model to all but the exempt.
    spares = [" && ".join(keeps) or "false"]
    for subject, kind, ids in (
        ("principal.organisation", "Organisation", directive.exempt_organisations),
        ("principal", "Account", directive.exempt_accounts),
        ("principal", "Key", directive.exempt_keys),
    ):
        spares += [_belongs(subject, kind, ids)] if ids else []
    return (
        f"@id({quoted(f'directive/{directive.directive_id}/{model}')}) @says({quoted(directive.reason)}) "
        f"@source({quoted(directive.source)}) @in_force({quoted(written_periods([period]))})\n"
        f"forbid (principal, action in [{actions}], resource == Model::{quoted(model)})\n"
        f"unless {{ {' || '.join(f'({one})' for one in spares)} }};\n"
    )


def _belongs(subject: str, kind: str, ids: tuple[str, ...]) -> str:
    return f"{subject} in [{', '.join(f'{kind}::{quoted(one)}' for one in ids)}]" if ids else "false"


def quoted(text: str) -> str:
    r"""A text as Cedar writes it.

    Example:
        >>> quoted('a "b" \\')
        '"a \\"b\\" \\\\"'
    """
    made = "".join(f"\\{one}" if one in '"\\' else one if one.isprintable() else f"\\u{{{ord(one):x}}}" for one in text)
    return f'"{made}"'


def _instant(written: object, name: str, field: str) -> int:
    text = written.isoformat() if isinstance(written, date) else str(written)
    try:
        return parse_instant(text)
    except BadInput as error:
        raise BadInput(f"{name}, `{field}`: {error.args[0]}", hint=error.hint) from None
