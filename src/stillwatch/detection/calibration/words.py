# SPDX-License-Identifier: Apache-2.0
"""What a baseline says in sentences: above all which rates it can and cannot support."""

from stillwatch.detection.calibration.baseline import Alarms, Baseline
from stillwatch.detection.findings_json import instant
from stillwatch.stats.intervals import at_most, trials_needed

CLAIMS = (0.01, 0.001, 0.0001)
"""Rates that people ask for."""
APART = (
    "Apart: in a group that no card and no network holds together. A group that shares is an office or a campaign; "
    "which of them, only a person can tell."
)


def described(baseline: Baseline) -> list[tuple[str, str]]:
    """Give what a baseline says, each with the name of its line; a line without a name goes on from the last."""
    everybody = baseline.rates[0]
    return [
        ("window", _window(baseline)),
        ("seen", _seen(baseline)),
        ("all", _claim(everybody.accounts, everybody.contained)),
        ("apart", _claim(everybody.accounts, everybody.apart)),
        ("", APART),
        *(("supports", _support(claimed, everybody.apart)) for claimed in CLAIMS),
        ("worlds", _worlds(baseline)),
        ("unmoved", _unmoved(baseline)),
        ("robust", _robust(baseline)),
    ]


def _window(baseline: Baseline) -> str:
    times = "once" if baseline.repeats == 1 else f"{baseline.repeats} times"
    return (
        f"{instant(baseline.from_us)} to {instant(baseline.to_us)}, {baseline.exchanges} exchanges; accounts moved "
        f"{times}."
    )


def _seen(baseline: Baseline) -> str:
    return (
        f"{baseline.accounts} accounts of {baseline.organisations} organisations in {baseline.blocks} blocks; if "
        f"accounts of one block always fare alike they are worth {baseline.rates[0].worth:.0f} independent ones."
    )


def _claim(accounts: int, alarms: Alarms) -> str:
    return (
        f"With {accounts} accounts and {alarms.mean:.1f} contained on the mean you can claim at most "
        f"{alarms.at_most:.2%} at 95 % if accounts are independent, {alarms.at_most_together:.2%} if blocks fare alike."
    )


def _support(claimed: float, alarms: Alarms) -> str:
    if alarms.at_most_together <= claimed:
        says = "can be claimed"
    elif alarms.at_most <= claimed:
        says = "can be claimed only if accounts are independent"
    else:
        says = "cannot be claimed"
    return (
        f"{claimed:.2%} of accounts contained apart {says}; it takes {trials_needed(claimed)} independent accounts of "
        "which none is."
    )


def _worlds(baseline: Baseline) -> str:
    bound = at_most(baseline.repeats_with_apart, baseline.repeats)
    return (
        f"Somebody was contained in {baseline.repeats_with_containment} of the repeats, apart in "
        f"{baseline.repeats_with_apart}. Accounts are contained in groups: the chance that such a log has a group of "
        f"accounts apart is at most {bound:.0%} (95 %)."
    )


def _unmoved(baseline: Baseline) -> str:
    stands = baseline.as_it_stands
    return (
        f"As the log stands {stands.contained} accounts are contained and {stands.named} watched or contained, "
        f"campaigns and mistakes alike; {stands.contained_anyway} of those contained are contained in half of the "
        "repeats too."
    )


def _robust(baseline: Baseline) -> str:
    return (
        f"{baseline.movable:.0%} of the accounts could be moved by more than a day and a half. Moving breaks when "
        "accounts of different blocks began, ended and signed up, and so a campaign's coincidence in time. It does not "
        "break what they say, how long they live, a client in common, nor anything within a block. Members of a "
        "campaign that are contained all the same count as wrong, so the rates err upwards."
    )
