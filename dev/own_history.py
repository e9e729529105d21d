# SPDX-License-Identifier: Apache-2.0
"""Would an account's own history tell on it? How many accounts of a log would be named for a change against themselves.

    python -m dev.own_history LOG.parquet [TRUTH.json]

For each account of fifteen first messages or more, a conformal test martingale bets against the null that the order of
its messages means nothing: that what it asks (or how soon it asks again) is exchangeable. By Ville it ever exceeds
1/alpha with chance at most alpha over the account's whole life; the same messages shuffled show that it does. It is
printed how many accounts exceed it as they are. Source: Vovk, Nouretdinov & Gammerman, "Testing exchangeability
on-line", ICML 2003, for the p-values; the bets are those of the Simple Jumper (Vovk et al., COPA 2021).
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from stillwatch.detection.census import prompts_of
from stillwatch.detection.sightings import COLUMNS_READ, sightings_of

Doubles = npt.NDArray[np.float64]

ALPHA = 1e-4
FEWEST, MOST, ACCOUNTS = 15, 150, 1_500
"""First messages an account must have, that are read of it, and accounts that are drawn."""
LEARNT = 5
JUMP = 0.01


def main(log: str, truth: str | None = None) -> None:
    """Print the share of accounts that would be named."""
    draw = np.random.default_rng(0)
    seen: dict[str, list[tuple[int, npt.NDArray[np.uint16]]]] = defaultdict(list)
    with pq.ParquetFile(log) as file:
        columns = [name for name in COLUMNS_READ if name in file.schema_arrow.names]
        for batch in file.iter_batches(2_048, columns=columns):
            sightings = pa.Table.from_batches([sightings_of(batch)])
            prompts = prompts_of(sightings)
            features = np.split(prompts.features, np.cumsum(prompts.sizes)[:-1])
            for account, at_us, is_first, words in zip(
                *(sightings[name].to_pylist() for name in ("account", "ts_us", "is_first")), features, strict=True
            ):
                if is_first and len(words):
                    seen[account].append((at_us, words))
    of = {}
    if truth is not None:
        told = json.loads(Path(truth).read_text())["accounts"]
        of = {name: one["campaign"] for name, one in told.items()}
    for who, is_wanted in (("benign", False), ("campaign", True)):
        names = sorted(name for name, sent in seen.items() if len(sent) >= FEWEST and bool(of.get(name)) is is_wanted)
        names = draw.choice(names, min(len(names), ACCOUNTS), replace=False).tolist() if names else []
        named = np.array([_named(sorted(seen[name], key=lambda one: one[0])[:MOST], draw) for name in names])
        if names:
            content, shuffled, sooner = named.mean(axis=0)
            print(f"{who}: {len(names)} accounts; named by content {content:.2%}, the same shuffled {shuffled:.2%},")
            print(f"  by asking sooner {sooner:.2%}; the bound is {ALPHA:.2%}")


def _named(sent: list[tuple[int, npt.NDArray[np.uint16]]], draw: np.random.Generator) -> tuple[bool, bool, bool]:
    words = [one for _, one in sent]
    rows = np.repeat(np.arange(len(words)), [len(one) for one in words])
    held = sparse.csr_matrix((1.0 / np.sqrt([len(words[at]) for at in rows]), (rows, np.concatenate(words))))
    alike = (held @ held.T).toarray()
    order = draw.permutation(len(words))
    gaps = np.diff([at_us for at_us, _ in sent]).astype(np.float64)
    tests = (_strangeness(alike, draw), _strangeness(alike[np.ix_(order, order)], draw), _shortness(gaps, draw))
    content, shuffled, sooner = (_peak(p_values) >= -np.log(ALPHA) for p_values in tests)
    return bool(content), bool(shuffled), bool(sooner)


def _strangeness(alike: Doubles, draw: np.random.Generator) -> list[float]:
    """Conformal p-values: small where a message is unlike all so far. Each is measured against the same bag."""
    total, found = np.zeros(len(alike)), []
    for at in range(len(alike)):
        total[:at] += alike[:at, at]
        total[at] = alike[at, : at + 1].sum()
        if at >= LEARNT:
            found.append(_rank(total[: at + 1], draw))
    return found


def _shortness(gaps: Doubles, draw: np.random.Generator) -> list[float]:
    """Conformal p-values: small where a gap is shorter than those so far."""
    return [_rank(gaps[: at + 1], draw) for at in range(LEARNT, len(gaps))]


def _rank(values: Doubles, draw: np.random.Generator) -> float:
    """The last one's rank among all, from below, ties broken by chance; uniform where the order means nothing."""
    last = values[-1]
    return float(((values < last).sum() + draw.random() * (values == last).sum()) / len(values))


def _peak(p_values: list[float]) -> float:
    """The greatest logarithm of the Simple Jumper's wealth."""
    stakes, shares = np.array([-1.0, 0.0, 1.0]), np.full(3, 1.0 / 3.0)
    wealth = peak = 0.0
    for p_value in p_values:
        shares = (1.0 - JUMP) * shares + JUMP * shares.sum() / 3.0
        shares = shares * (1.0 + stakes * (p_value - 0.5))
        wealth += float(np.log(shares.sum()))
        shares /= shares.sum()
        peak = max(peak, wealth)
    return peak


if __name__ == "__main__":
    main(*sys.argv[1:3])
