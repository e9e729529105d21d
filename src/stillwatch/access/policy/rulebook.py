# SPDX-License-Identifier: Apache-2.0
"""Everything that the access policy is made of, on its way to the workers, who decide by it.

A worker reads it whole or not at all, and can check what it read: the digest of the rules that come of it comes along.
"""

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from stillwatch.access.policy.book import Book, Rule, parse_rules
from stillwatch.access.policy.directive import PACK, Directive, Running, rules_of, text_of
from stillwatch.access.policy.facts import ModelFacts, OrgFacts
from stillwatch.errors import BadInput, IntegrityError


class Source(msgspec.Struct, frozen=True, array_like=True):
    """A text of Cedar policies."""

    pack: str
    name: str
    """What to call it in errors."""
    text: str


OPEN = Source(
    "open",
    "the rule where there is no policy",
    """@id("open/permit") @says("No policy is enforced: what no directive forbids is permitted.")
@source("access.policy.enforce is off")
permit (principal, action, resource);
""",
)


class Rulebook(msgspec.Struct, frozen=True, kw_only=True):
    """The rules as text, and the models they speak of."""

    sources: tuple[Source, ...]
    models: tuple[ModelFacts, ...] = ()
    cutting: tuple[str, ...] = ()
    """Ids of the rules that end what is under way, too."""
    digest: str = ""
    """Digest of the rules that come of it; see ``Book``."""

    def book(self) -> Book:
        """Read the rules.

        Raises:
            BadInput: They cannot be read, or do not fit the schema.
        """
        return Book(_rules(self.sources))


def rulebook(
    sources: Iterable[Source], models: Iterable[ModelFacts] = (), *, directives: Iterable[Directive] = ()
) -> Rulebook:
    """Make a rulebook whose digest is right. It has no sources where there is no rule at all.

    Args:
        sources: The rules of the packs and of the house. Where there are none, everything is permitted that no
            directive forbids.
        models: What is known of models.
        directives: Those that are in force or will be.

    Raises:
        BadInput: See ``Rulebook.book``.
    """
    house, orders = tuple(sources), tuple(directives)
    if orders and not house:
        house = (OPEN,)
    narrowing = [Source(PACK, f"directive {one.directive_id}", text) for one in orders if (text := text_of(one))]
    cutting = [rule.rule_id for one in orders if one.running is Running.CUT for rule in rules_of(one)]
    made = Rulebook(sources=(*house, *narrowing), models=tuple(models), cutting=tuple(cutting))
    return msgspec.structs.replace(made, digest=made.book().digest)


def encode_rulebook(rules: Rulebook) -> bytes:
    """Pack a rulebook."""
    return _encoder.encode(rules)


@lru_cache(maxsize=16)
def decode_rulebook(packed: bytes) -> tuple[Rulebook, Book]:
    """Unpack a rulebook and read its rules. One that came before is not read again.

    Raises:
        IntegrityError: The bytes are something else, or other rules come of them than those that were sent.
    """
    try:
        rules = _decoder.decode(packed)
        book = rules.book()
    except (msgspec.MsgspecError, BadInput) as error:
        raise IntegrityError(f"The access policy cannot be read: {error}") from None
    if book.digest != rules.digest:
        raise IntegrityError(f"The access policy reads as {book.digest}, and was sent as {rules.digest}.")
    return rules, book


def encode_organisations(organisations: Iterable[OrgFacts]) -> bytes:
    """Pack what is known of organisations."""
    return _encoder.encode(tuple(organisations))


def decode_organisations(packed: bytes) -> tuple[OrgFacts, ...]:
    """Unpack what is known of organisations.

    Raises:
        IntegrityError: The bytes are something else.
    """
    try:
        return _facts_decoder.decode(packed)
    except msgspec.MsgspecError as error:
        raise IntegrityError(f"What is known of organisations cannot be read: {error}.") from None


def _rules(sources: Iterable[Source]) -> Iterable[Rule]:
    for source in sources:
        yield from parse_rules(source.text, pack=source.pack, name=source.name)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Rulebook)
_facts_decoder = msgspec.msgpack.Decoder(tuple[OrgFacts, ...])
