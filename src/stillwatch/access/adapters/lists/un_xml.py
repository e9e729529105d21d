# SPDX-License-Identifier: Apache-2.0
"""The United Nations Security Council's consolidated list as XML.

Schema: https://www.un.org/sc/resources/sc-sanctions.xsd. A document type or an entity is refused before anything is
expanded, so that a small file cannot become a large one or read another.
"""

from collections.abc import Iterable
from xml.parsers import expat

from stillwatch.access.adapters.lists import reading
from stillwatch.access.screening.entry import Entry, Kind
from stillwatch.errors import BadInput

MAX_DEPTH = 12


class _Node:
    """An element: its text, and what is in it by name."""

    __slots__ = ("inner", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.text: list[str] = []
        self.inner: list[_Node] = []

    def all(self, *path: str) -> Iterable["_Node"]:
        found = [self]
        for name in path:
            found = [one for node in found for one in node.inner if one.name == name]
        return found

    def texts(self, *path: str) -> list[str]:
        return [text for node in self.all(*path) if (text := " ".join("".join(node.text).split()))]


def read(data: bytes) -> tuple[Entry, ...]:
    """The entries of the file.

    Raises:
        BadInput: It is cut short, malformed, in another encoding, or declares a document type.
    """
    root = _parsed(reading.text_of(data))
    if root.name != "CONSOLIDATED_LIST":
        raise BadInput(f"The list's XML is of another kind: {root.name[:40]!a}.")
    entries = []
    for path, kind in ((("INDIVIDUALS", "INDIVIDUAL"), Kind.PERSON), (("ENTITIES", "ENTITY"), Kind.ORGANISATION)):
        entries += [_entry(node, number, kind) for number, node in enumerate(root.all(*path), start=1)]
    return tuple(entries)


def date_of(data: bytes) -> str:
    """The day the file says it is of; empty where it does not."""
    head = data[:2_000].decode("utf-8", "ignore")
    _, _, rest = head.partition('dateGenerated="')
    return rest[:10] if rest[:10].replace("-", "").isdigit() else ""


def _entry(node: _Node, number: int, kind: Kind) -> Entry:
    words = [text for part in ("FIRST", "SECOND", "THIRD", "FOURTH") for text in node.texts(f"{part}_NAME")]
    inner = "INDIVIDUAL" if kind is Kind.PERSON else "ENTITY"
    others = [*node.texts("NAME_ORIGINAL_SCRIPT")]
    for text in node.texts(f"{inner}_ALIAS", "ALIAS_NAME"):
        others += reading.split(text)
    said = [*node.texts("NATIONALITY", "VALUE"), *node.texts(f"{inner}_ADDRESS", "COUNTRY")]
    given = node.texts("DATAID")
    if not given:
        raise BadInput(f"The list's {inner.lower()} number {number} has no DATAID.", hint="Fetch it again.")
    return Entry(
        entry_id=given[0],
        kind=kind,
        names=reading.names_of(" ".join(words), others, line=number),
        countries=reading.countries_of(said),
        ids=tuple(dict.fromkeys(text for text in node.texts(f"{inner}_DOCUMENT", "NUMBER") if len(text) >= 6)),
        programme=", ".join(dict.fromkeys([*node.texts("UN_LIST_TYPE"), *node.texts("REFERENCE_NUMBER")])),
        starts=reading.day_of((node.texts("LISTED_ON") or [""])[0], line=number),
    )


def _parsed(text: str) -> _Node:
    stack = [_Node("")]
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise BadInput("The list's XML declares a document type or an entity.", hint="The UN's own file has none.")

    def start(name: str, _: dict[str, str]) -> None:
        if len(stack) > MAX_DEPTH:
            raise BadInput(f"The list's XML is nested deeper than {MAX_DEPTH} elements.")
        node = _Node(name)
        stack[-1].inner.append(node)
        stack.append(node)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = lambda found: stack[-1].text.append(found)  # noqa: PLW0108 - the top of the stack changes
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise BadInput(
            f"The list's XML breaks off at line {error.lineno}: {expat.ErrorString(error.code)}.",
            hint="It may be cut short: fetch it again.",
        ) from None
    return stack[0].inner[0]
