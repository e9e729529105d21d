# SPDX-License-Identifier: Apache-2.0
"""YAML read strictly, into plain values that remember their lines.

What makes YAML dangerous is refused: aliases, tags, a key twice, deep nesting. A scalar is its text, and the types it
is read into say what that means: ``NO`` is Norway, and ``0123`` a registration number that begins with a nought.
"""

from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from stillwatch.errors import BadInput

DEPTH = 12
"""Nested levels that a document may have; a dossier has seven."""

_PREFIX = "tag:yaml.org,2002:"


def documents(text: str, *, name: str) -> Iterator["Document"]:
    """Every document of a text that is not empty.

    Args:
        text: YAML 1.1, documents separated by ``---``.
        name: Of the file, for messages.

    Raises:
        BadInput: It is not YAML, or uses what is refused; the message names file and line.
    """
    try:
        for node in yaml.compose_all(text, Loader=yaml.CSafeLoader):
            if node is not None and node.tag != _PREFIX + "null":
                yield Document(node, name=name)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}, line {mark.line + 1}" if mark else name
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is not YAML"
        raise BadInput(f"{where} cannot be read: {problem}.", hint="Check the indentation and the quotes.") from None


class Document:
    """One document: mappings, lists, texts and None."""

    def __init__(self, node: yaml.Node, *, name: str) -> None:
        self._name = name
        self._lines: dict[str, int] = {}
        self._seen: set[int] = set()
        self.value = self._value_of(node, "", 0)

    def place_of(self, path: str) -> str:
        """File and line of a path (``ownership.stakes[2].percent``), or of the closest thing around it."""
        while path and path not in self._lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return f"{self._name}, line {self._lines[path]}"

    def _value_of(self, node: yaml.Node, path: str, depth: int) -> Any:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self._seen:
            self._refuse(node, "uses an alias; write the value out")
        self._seen.add(id(node))
        if depth > DEPTH:
            self._refuse(node, "is nested too deeply")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self._value_of(inner, f"{path}[{number}]", depth + 1) for number, inner in enumerate(node.value)]
        kind = node.tag.removeprefix(_PREFIX)
        if kind == "null":
            return None
        if kind not in {"str", "timestamp", "bool", "int", "float"}:
            self._refuse(node, f"has the tag {node.tag[:60]!a}, which is not used here")
        return node.value

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _PREFIX + "merge":
                self._refuse(key, "has a key that is not a plain word")
            if key.value in found:
                self._refuse(key, f"has the key {key.value[:40]!a} twice")
            inner = f"{path}.{key.value}" if path else key.value
            self._lines[inner] = key.start_mark.line + 1
            found[key.value] = self._value_of(value, inner, depth + 1)
        return found

    def _refuse(self, node: yaml.Node, what: str) -> NoReturn:
        raise BadInput(f"{self._name}, line {node.start_mark.line + 1} {what}.", hint="Write plain YAML.")
