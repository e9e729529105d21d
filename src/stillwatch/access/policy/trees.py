# SPDX-License-Identifier: Apache-2.0
"""Reads of a policy's syntax tree what it looks at: attributes of the context, and instants."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final

from cedarpy import pst

COMPARISONS: Final = frozenset({"eq", "not_eq", "less", "less_eq", "greater", "greater_eq"})
NOW: Final = pst.GetAttr(pst.Var("context"), "now")


def context_reads(tree: pst.Template) -> frozenset[str]:
    """Every attribute of the context that a policy may look at; ``*`` where it takes the context as a whole."""
    found = set()
    for node, above in _walk(tree, None):
        if isinstance(node, pst.Var) and node.name == "context":
            if isinstance(above, pst.GetAttr):
                found.add(above.attr)
            elif isinstance(above, pst.HasAttr):
                found.add(above.attrs[0])
            else:
                found.add("*")
    return frozenset(found)


def clock_edges(tree: pst.Template) -> frozenset[int] | None:
    """The seconds at which comparisons of ``context.now`` with a number may change their answer.

    Returns:
        The edges; empty where the policy does not look at the clock. None where it does something with the clock that
        has no edges to compute (``context.now + 5``, a comparison with a fact): what it says may change at any time.
    """
    edges: set[int] = set()
    for node, above in _walk(tree, None):
        if node != NOW:
            continue
        if not isinstance(above, pst.BinaryOp) or above.op not in COMPARISONS:
            return None
        other = above.right if above.left == NOW else above.left
        if not isinstance(other, pst.LongLit):
            return None
        # Whichever comparison it is, its answer is constant before, at and after the number.
        edges |= {other.value, other.value + 1}
    return frozenset(edges)


def nodes(tree: pst.Template) -> Iterator[Any]:
    """Every node of a policy."""
    return (node for node, _ in _walk(tree, None))


def _walk(node: Any, above: Any) -> Iterator[tuple[Any, Any]]:
    """Every node under a node with the node above it. Trees are at most 100 deep."""
    if isinstance(node, tuple):
        for one in node:
            yield from _walk(one, above)
    elif isinstance(node, dict):
        for one in node.values():
            yield from _walk(one, above)
    elif is_dataclass(node):
        yield node, above
        for field in fields(node):
            yield from _walk(getattr(node, field.name), node)
