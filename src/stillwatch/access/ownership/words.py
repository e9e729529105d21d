# SPDX-License-Identifier: Apache-2.0
"""A verdict of ownership in words: the chain from the listed owner down to the entity."""

from decimal import Decimal

from stillwatch.access.ownership.register import Register, Stake
from stillwatch.access.ownership.rule import OwnershipRule
from stillwatch.access.ownership.weighing import Cause, Status, Verdict


def explained(register: Register, rule: OwnershipRule, verdict: Verdict) -> tuple[str, ...]:
    """Sentences that say what a rule found, the conclusion first and then the way up to each owner."""
    name = register.name(verdict.entity_id)
    lines = [_conclusion(name, rule, verdict)]
    lines += [_cause(register, cause) for cause in verdict.causes]
    lines += [
        f"Red flag: {flag} in {name}." if "holds" in flag else f"Red flag: {flag} over {name}."
        for flag in verdict.flags
    ]
    return tuple(lines)


def shown_percent(percent: Decimal | None) -> str:
    """A per cent as people write it.

    Example:
        >>> shown_percent(Decimal("50.00")), shown_percent(None)
        ('50 %', 'an unknown part')
    """
    return "an unknown part" if percent is None else f"{percent.normalize():f} %"


def _conclusion(name: str, rule: OwnershipRule, verdict: Verdict) -> str:
    match verdict.status:
        case Status.RESTRICTED:
            return f"{name} is restricted by {rule.title}: {verdict.requirements[0]}."
        case Status.UNRESOLVED:
            return f"{name} is not resolved under {rule.title}: what is not known may reach {rule.share_in_words}."
        case Status.FLAGGED:
            return f"{name} is not restricted by {rule.title}, but there is a red flag."
    return f"{name} is clear of {rule.title}."


def _cause(register: Register, cause: Cause) -> str:
    name = register.name(cause.entity_id)
    parts = [f"is on {listed}" for listed in cause.listed]
    if cause.country is not None:
        parts.append(f"has its headquarters in {cause.country}")
    if cause.is_country_unknown:
        parts.append("has its headquarters in a country that is not known")
    if cause.stakes:
        owners = " and ".join(_stake(register, one) for one in cause.stakes)
        total = f", together {shown_percent(cause.percent)}" if len(cause.stakes) > 1 and cause.percent else ""
        parts.append(f"is held by {owners}{total}")
    parts += [f"is under the control of {register.name(one.holder)}, which has {one.means}" for one in cause.controls]
    if cause.open_percent:
        parts.append(f"has {shown_percent(cause.open_percent)} whose holders are not known")
    return f"{name} {'; '.join(parts)}."


def _stake(register: Register, stake: Stake) -> str:
    return f"{register.name(stake.owner)} ({shown_percent(stake.percent)})"
