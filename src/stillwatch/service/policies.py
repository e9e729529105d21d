# SPDX-License-Identifier: Apache-2.0
"""Opens the access policy: the packs that come with the program, the operator's rules, facts and directives."""

import contextlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import msgspec

from stillwatch.access.documents import read_document
from stillwatch.access.ownership.rule import OwnershipRule, parse_rules
from stillwatch.access.policy.book import Book
from stillwatch.access.policy.directive import Directive, parse_directive
from stillwatch.access.policy.facts import ModelFacts
from stillwatch.access.policy.facts_file import Known, parse_facts
from stillwatch.access.policy.rulebook import Rulebook, Source, rulebook
from stillwatch.access.policy.settings import PolicySettings
from stillwatch.errors import BadInput

OWN = "own"
"""The pack that rules in the operator's folder belong to."""
DIRECTIVES = frozenset({".yaml", ".yml", ".json"})
"""How the names of directives' files end, where rules' might stand."""
_PACKS = files("stillwatch.access.policy") / "packs"


class PackNotice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a pack says of itself."""

    title: str
    jurisdiction: str
    reviewed: str
    notice: str


def pack_notice(pack: str) -> PackNotice:
    """What a pack that comes with the program says of itself."""
    text = (_PACKS / pack / "pack.yaml").read_text(encoding="utf-8")
    return read_document(text, PackNotice, name=f"{pack}/pack.yaml", what="a pack's notice")


def pack_text(pack: str, *, invariants: bool = False) -> str:
    """The rules, or the invariants, of a pack that comes with the program."""
    return (_PACKS / pack / ("invariants.yaml" if invariants else "rules.cedar")).read_text(encoding="utf-8")


def open_sources(settings: PolicySettings) -> tuple[Source, ...]:
    """The texts of every rule that the settings put in force.

    Raises:
        BadInput: The operator's folder, or a file in it, cannot be read.
    """
    shipped = [Source(pack, f"{pack}/rules.cedar", pack_text(pack)) for pack in settings.packs]
    return (*shipped, *(_own_sources(settings.folder) if settings.folder is not None else ()))


def open_rulebook(settings: PolicySettings, directives: Sequence[Directive] = ()) -> Rulebook:
    """Rules, models and directives, ready for the workers.

    Raises:
        BadInput: A rule cannot be read or does not fit the schema, or two have one id; nothing of it is then in force.
    """
    return rulebook(open_sources(settings), open_models(settings), directives=directives)


def open_enforced(settings: PolicySettings) -> Rulebook:
    """The rules that the gateway goes by, beside directives: none where they are not enforced.

    Raises:
        BadInput: See ``open_rulebook``.
    """
    return open_rulebook(settings) if settings.enforce else rulebook(())


def stamp_of(settings: PolicySettings) -> tuple[tuple[str, int, int], ...]:
    """What tells that a file in the operator's folder is another: names, times of change and sizes."""
    folder = settings.folder
    if not settings.enforce or folder is None:
        return ()
    read = []
    for path in sorted((*folder.glob("*.cedar"), *folder.glob("models.yaml"))):
        with contextlib.suppress(OSError):
            seen = path.stat()
            read.append((path.name, seen.st_mtime_ns, seen.st_size))
    return tuple(read)


def open_models(settings: PolicySettings) -> tuple[ModelFacts, ...]:
    """How the operator's models are controlled; none where the folder does not say.

    Raises:
        BadInput: The file cannot be read.
    """
    path = None if settings.folder is None else settings.folder / "models.yaml"
    return () if path is None or not path.exists() else tuple(open_facts(path).models.values())


def open_book(place: str, settings: PolicySettings) -> Book:
    """The rules at a place.

    Args:
        place: ``current``: those that the settings put in force. A folder or a file of Cedar: those in it alone. A file
            of YAML: the current ones and this directive.
        settings: What is current.

    Raises:
        BadInput: There is nothing there, or it cannot be read.
    """
    if place == "current":
        return open_rulebook(settings).book()
    path = Path(place)
    if path.suffix in DIRECTIVES:
        return open_rulebook(settings, [open_directive(path)]).book()
    sources = _own_sources(path) if path.is_dir() else (_source(path),)
    return rulebook(sources, ()).book()


def invariant_texts(settings: PolicySettings) -> tuple[tuple[str, str], ...]:
    """The name and text of every list of invariants: those of the packs in force, and the operator's.

    Raises:
        BadInput: A file cannot be read.
    """
    shipped = [(f"{pack}/invariants.yaml", pack_text(pack, invariants=True)) for pack in settings.packs]
    folder = settings.folder
    own = sorted(folder.glob("invariants*.yaml")) if folder is not None else []
    return (*shipped, *((str(path), _text(path)) for path in own))


def open_facts(path: Path) -> Known:
    """Facts in a file.

    Raises:
        BadInput: It cannot be read, or is something else.
    """
    return parse_facts(_text(path), name=str(path))


def open_directive(path: Path) -> Directive:
    """A directive in a file.

    Raises:
        BadInput: It cannot be read, or is something else.
    """
    return parse_directive(_text(path), name=str(path))


def open_ownership_rules(path: Path | None = None) -> tuple[OwnershipRule, ...]:
    """The rules of ownership in a file; those that come with the program where none is named.

    Raises:
        BadInput: It cannot be read, or is something else.
    """
    if path is not None:
        return parse_rules(_text(path), name=str(path))
    text = (files("stillwatch.access.ownership") / "rules.yaml").read_text(encoding="utf-8")
    return parse_rules(text, name="rules.yaml")


def _own_sources(folder: Path) -> tuple[Source, ...]:
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder} with rules.", hint="Make it, or change access.policy.folder.")
    return tuple(_source(path) for path in sorted(folder.glob("*.cedar")))


def _source(path: Path) -> Source:
    return Source(OWN, str(path), _text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The file {path} cannot be read: {error}.", hint="It must be UTF-8 text.") from None
