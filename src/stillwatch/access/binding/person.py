# SPDX-License-Identifier: Apache-2.0
"""Checks what a partner asserts about the person behind a request: a pseudonym, and the class for export control.

The gateway learns no name, no passport and no nationality: a class, and a digest of the evidence that the partner holds
and can be asked for. ``docs/formats/person-assertion.md`` is the format.
"""

import hashlib
import re
from collections import OrderedDict
from typing import Final, NamedTuple

from stillwatch.access import jws
from stillwatch.access.binding.claims import LONGEST_TOKEN, instant_in, text_in
from stillwatch.access.binding.places import Places
from stillwatch.access.binding.public_key import ALGORITHMS, key_of
from stillwatch.access.binding.replay import SLACK_US
from stillwatch.records.binding import ExportClass

TYPE: Final = "stillwatch-person+jwt"
"""Of its own, so that nothing else the partner signs can be taken for an assertion."""
MEMORY: Final = 16_384
"""Assertions that a worker remembers having verified."""

CLASSES: Final = frozenset(ExportClass) - {ExportClass.UNATTESTED}
_EVIDENCE = re.compile(r"sha256:[0-9a-f]{64}")
_PSEUDONYM = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Person(NamedTuple):
    """Who is behind a request, as far as anybody says."""

    pseudonym: str
    export_class: ExportClass
    evidence: str


class _Seen(NamedTuple):
    person: Person
    expires_us: int
    made_us: int
    key: str


class Attestor:
    """Verifies assertions, and remembers those it verified until they expire.

    Args:
        places: Where the gateway is: what an assertion must be made for.
        assertion_seconds: See ``settings.BindingSettings``.
    """

    def __init__(self, places: Places, *, assertion_seconds: int) -> None:
        self._places = places
        self._longest_us = assertion_seconds * 1_000_000
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    def check(self, token: str, *, org_id: str, trusted: tuple[str, ...], now_us: int) -> Person:
        """The person an assertion is about.

        Args:
            token: What came with the request.
            org_id: The organisation whose API key it came with: nobody else can have made it.
            trusted: That organisation's public keys, canonical.
            now_us: The instant.

        Raises:
            ValueError: It does not hold. The message ends a sentence, as those of ``jws`` do.
        """
        if len(token) > LONGEST_TOKEN:
            raise ValueError("is too long")
        digest = hashlib.sha256(f"{org_id}\n{token}".encode(errors="replace")).digest()
        seen = self._seen.get(digest)
        if seen is None or seen.key not in trusted:
            seen = self._verified(token, org_id, trusted)
        if seen.expires_us <= now_us:
            raise ValueError("has expired")
        if seen.made_us > now_us + SLACK_US:
            raise ValueError("is not valid yet")
        self._remember(digest, seen)
        return seen.person

    def _verified(self, token: str, org_id: str, trusted: tuple[str, ...]) -> _Seen:
        """All but the times, which are looked at again and again."""
        for key in trusted:
            try:
                header, claims = jws.verified(token, [key_of(key)], algorithms=ALGORITHMS)
            except ValueError as error:
                failure = error
                continue
            if header.get("typ") != TYPE:
                raise ValueError(f"is not of the type {TYPE}")
            if claims.get("iss") != org_id:
                raise ValueError("was made by another organisation")
            if not self._places.is_audience(claims.get("aud")):
                raise ValueError("was made for another service")
            person = Person(text_in(claims, "sub"), _class(claims.get("export_class")), text_in(claims, "evidence"))
            if not _PSEUDONYM.fullmatch(person.pseudonym):
                raise ValueError("does not name its subject by a pseudonym")
            if not _EVIDENCE.fullmatch(person.evidence):
                raise ValueError("does not give its evidence's digest")
            made_us, expires_us = instant_in(claims, "iat"), instant_in(claims, "exp")
            if not 0 < expires_us - made_us <= self._longest_us:
                raise ValueError(f"does not last between 1 and {self._longest_us // 1_000_000} seconds")
            return _Seen(person, expires_us, made_us, key)
        if not trusted:
            raise ValueError("comes from an organisation of which no key is trusted")
        raise failure

    def _remember(self, digest: bytes, seen: _Seen) -> None:
        self._seen[digest] = seen
        if len(self._seen) > MEMORY:
            self._seen.popitem(last=False)


def _class(value: object) -> ExportClass:
    if not isinstance(value, str) or value not in CLASSES:
        raise ValueError("names no class that is known")
    return ExportClass(value)
