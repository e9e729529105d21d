# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.detection.hunted MEMORY_LIMIT FILES...``: one hunt; prints how long each stage took as JSON.

It runs what ``stillwatch hunt`` runs; that command prints no times.
"""

import json
import sys
import time
from pathlib import Path

from stillwatch.detection.settings import DetectionSettings
from stillwatch.service.hunting import Stage, hunt


def main() -> None:
    """Hunt, and print."""
    began = time.monotonic()
    began_at: dict[Stage, float] = {}

    def tell(stage: Stage, _done: int, _total: int) -> None:
        began_at.setdefault(stage, time.monotonic())

    done = hunt(
        [Path(name) for name in sys.argv[2:]], settings=DetectionSettings(), memory_limit=sys.argv[1], progress=tell
    )
    ends = [*list(began_at.values())[1:], time.monotonic()]
    stages = {stage.value: end - start for (stage, start), end in zip(began_at.items(), ends, strict=True)}
    print(
        json.dumps(
            {
                "seconds": time.monotonic() - began,
                "stages": stages,
                "passes": done.passes,
                "exchanges": done.exchanges,
                "accounts": done.accounts,
                "campaigns": len(done.findings.campaigns),
            }
        )
    )


if __name__ == "__main__":
    main()
