# SPDX-License-Identifier: Apache-2.0
"""How commands show why something was found: grounds, what would clear them, and sample prompts."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from stillwatch.cli.tables import shown_day
from stillwatch.detection.explanation import odds
from stillwatch.records.finding import CampaignFinding, Sample

OPEN, CLOSE = "⟦", "⟧"
"""What stands around the differing parts of a prompt, so that they show without colours too."""
LONGEST_PART = 160
SUCCESSORS_TOLD = 5
TELLING = 0.01
"""Share of the evidence from which a ground is spelled out."""
NO_TEXT = "The log holds no text of these accounts' prompts: it was hashed or dropped."
UNMARKED = "They have no wording in common; these are the most typical."
MARKED = f"What several of its organisations send is plain; what differs stands in {OPEN} {CLOSE}."


def print_campaign(campaign: CampaignFinding, *, samples: bool) -> None:
    """One campaign: each ground with its weight, what would clear it, and samples where they were looked for."""
    console = _console()
    console.print(
        f"\n[bold]{escape(campaign.campaign_id)}[/bold]  {len(campaign.accounts)} accounts to "
        f"{campaign.action.value}, {campaign.exchanges} exchanges, first seen {shown_day(campaign.first_seen_us)} UTC"
    )
    facets = sorted(campaign.facets, key=lambda one: -one.weight)
    for facet in facets:
        if facet.weight >= TELLING:
            console.print(f"  [bold]{escape(facet.family)}[/bold] ({facet.weight:.0%})  {escape(facet.why)}")
            console.print(f"    would be cleared by: {escape(facet.clears)}")
    rest = ", ".join(f"{one.family} ({odds(one.p_value)})" for one in facets if one.weight < TELLING)
    if rest:
        console.print(f"  weighed, and adds little: {escape(rest)}")
    for successor in campaign.successors[: -SUCCESSORS_TOLD - 1 : -1]:
        console.print(
            f"  [bold]successor[/bold]  {escape(successor.account_id)} began {successor.after_hours:.1f} h after "
            f"{escape(successor.predecessor_id)} ended, and draws on the same source"
        )
    if len(campaign.successors) > SUCCESSORS_TOLD:
        console.print(f"  [bold]successor[/bold]  {len(campaign.successors) - SUCCESSORS_TOLD} more in the findings")
    if samples:
        print_samples(campaign.samples)


def print_samples(samples: Sequence[Sample]) -> None:
    """Sample prompts, the wording in common in bold."""
    console = _console()
    if not samples:
        console.print(f"  [bold]samples[/bold]  {NO_TEXT}")
        return
    is_marked = any(part.is_common for sample in samples for part in sample.parts)
    console.print(f"  [bold]samples[/bold]  {MARKED if is_marked else UNMARKED}")
    for sample in samples:
        shown = Text(f"    {sample.account_id}  ", overflow="fold")
        for part in sample.parts:
            text = _one_line(part.text)
            if part.is_common or not is_marked:
                shown.append(text, style="bold" if part.is_common else "")
            elif text.strip():
                shown.append(f"{OPEN}{text}{CLOSE}", style="dim")
        console.print(shown)


def _one_line(text: str) -> str:
    """Text that cannot break the line or the terminal, its middle left out where it is long."""
    flat = "".join(one if one.isprintable() else " " for one in text)
    half = LONGEST_PART // 2
    return flat if len(flat) <= LONGEST_PART else f"{flat[:half]} … {flat[-half:]}"


def _console() -> Console:
    return Console(soft_wrap=True, emoji=False, highlight=False)
