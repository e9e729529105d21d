# SPDX-License-Identifier: Apache-2.0
"""Scores pairs of names by nomenklatura's LogicV2: JSON lines in, one score a line out, then seconds a pair.

Runs in the bench's own environment (``requirements-screening.txt``), with the bounds nomenklatura ships.
"""

import json
import sys
import time

from followthemoney import model
from nomenklatura.matching.logic_v2.model import LogicV2


def main() -> None:
    """Score what comes in."""
    config = LogicV2.default_config()
    pairs = [json.loads(line) for line in sys.stdin]
    entities = []
    for number, (schema, one, other) in enumerate(pairs):
        given = [
            model.get_proxy({"id": f"{side}{number}", "schema": schema, "properties": {"name": [name]}})
            for side, name in (("a", one), ("b", other))
        ]
        entities.append(given)
    began = time.perf_counter()
    scores = [LogicV2.compare(one, other, config).score for one, other in entities]
    seconds = time.perf_counter() - began
    json.dump({"scores": scores, "seconds_a_pair": seconds / len(pairs)}, sys.stdout)


if __name__ == "__main__":
    main()
