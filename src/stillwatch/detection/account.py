# SPDX-License-Identifier: Apache-2.0
"""The evidence that one account gives by itself: a bet on the share of its prompts that elicit.

Catches: an account most of whose prompts ask for reasoning to be written out, for rubrics or for new tasks, however
slowly it asks. Misses: everything else; a lone account that harvests plain answers looks like a busy customer. False
alarms: a school that always asks for steps. It names an account for a person to look at and never contains one: at
about one exchange an hour, no honest evidence about a single account is enough.
"""

from math import log

from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.sketch import Sketch
from stillwatch.stats.betting import Wealth, bet, fresh

STAKES = (0.1, 0.3, 0.6, 0.9)
"""Several bettors, from timid to bold, because the share among harvesters is not known beforehand."""
ELICITING = frozenset({"reasoning", "reconstruction", "rubric", "task_generation"})

NEW = fresh(len(STAKES))


def step(evidence: Wealth, sketch: Sketch, settings: DetectionSettings) -> Wealth:
    """Give the evidence after one more exchange.

    Under the null that the account's prompts elicit with chance at most ``elicitation_share`` each, given its past, it
    is ever named with chance at most ``alpha``.
    """
    if not sketch.has_content:
        return evidence
    return bet(evidence, float(bool(sketch.cues & ELICITING)), m0=settings.elicitation_share, stakes=STAKES)


def is_named(evidence: Wealth, settings: DetectionSettings) -> bool:
    """True from the first moment at which the evidence has reached 1/alpha."""
    return evidence.peak_log_e >= -log(settings.alpha)
