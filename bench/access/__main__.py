# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.access``: measure the access gate beside its rivals; end with 1 where a number falls short."""

import argparse
import sys
from collections.abc import Callable
from types import MappingProxyType

from rich.console import Console

from bench.access import binding, directive, policy, screening
from bench.promises import Verdict
from bench.table import show_verdicts
from bench.workplace import MissingError

Part = Callable[[Console], list[Verdict]]

PARTS: MappingProxyType[str, Part] = MappingProxyType(
    {
        "binding": binding.run,
        "policy": policy.run,
        "screening": screening.run,
        "directive": directive.run,
    }
)
"""What is measured, in order. A part prints its tables and gives its verdicts."""


def main() -> int:
    """Run the bench; return the exit code: 0 kept, 1 broken, 2 it cannot run here."""
    parser = argparse.ArgumentParser(prog="python -m bench.access", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="only this part; may be repeated")
    options = parser.parse_args()
    console = Console() if sys.stdout.isatty() else Console(width=110)
    verdicts: list[Verdict] = []
    for name in options.only or PARTS:
        try:
            verdicts += PARTS[name](console)
        except MissingError as error:
            print(error, file=sys.stderr)
            return 2
    show_verdicts(console, verdicts)
    for verdict in verdicts:
        if not verdict.is_kept:
            print(f"Broken: {verdict.promise}; found {verdict.found}.", file=sys.stderr)
    return 0 if all(verdict.is_kept for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
