# SPDX-License-Identifier: Apache-2.0
"""Whose certifications are recognised, for how long, and how far: a policy table, applied to a dossier."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

import msgspec
from joserfc.jwk import Key
from msgspec import Meta, Struct

from stillwatch.access.vetting.consistency import plain_number
from stillwatch.access.vetting.dossier import Confidence, Credential, Dossier, Name, Text
from stillwatch.access.vetting.reading import Misread, read
from stillwatch.access.vetting.sd_jwt import verify
from stillwatch.access.vetting.status_list import check_status, reference_of
from stillwatch.access.vetting.strict_yaml import documents
from stillwatch.errors import IntegrityError

TYPES = frozenset({"dc+sd-jwt", "vc+sd-jwt"})
"""What a credential calls itself; the second is its older name."""


class Recognition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the policy: what counts, and how far."""

    scheme: Name
    tier: Annotated[int, Meta(ge=1, le=9)]
    """The highest tier that it carries."""
    max_age_days: Annotated[int, Meta(ge=1, le=3660)]
    """After its issue, whatever its own expiry."""
    source: Text
    """Where the scheme is described, and when that was read."""
    issuers: tuple[Text, ...] = ()
    """Whose; none is anybody's."""
    levels: tuple[Text, ...] = ()
    """At which levels of the scheme; none is any."""
    signed: bool = False
    """Whether only a signed credential of a configured issuer counts."""
    confidence: Confidence = Confidence.DOCUMENTED
    """How well one that is not signed has to be established."""


class Issuer(NamedTuple):
    """Somebody whose signed credentials can be verified."""

    iss: str
    keys: Sequence[Key]
    status_lists: Mapping[str, str]
    """The signed status lists that are at hand, by their address. Nothing is fetched here."""


class Judged(NamedTuple):
    """What one certification of a dossier comes to."""

    number: int
    """Its place in the dossier, from 0."""
    credential: Credential
    """As it was verified: what a signed credential says wins over what was written beside it."""
    tier: int
    """0 where it does not count."""
    until: datetime | None
    """Until when it counts; None where it does not."""
    why: str
    """Which line of the policy it met, or why it met none."""


def judge(
    dossier: Dossier, table: Sequence[Recognition], issuers: Mapping[str, Issuer], *, at: datetime
) -> tuple[Judged, ...]:
    """What each certification of a dossier comes to at an instant, in their order."""
    shown = dossier.assurance.credentials if dossier.assurance else ()
    return tuple(
        _judge(number, credential, dossier, table=table, issuers=issuers, at=at)
        for number, credential in enumerate(shown)
    )


def reach(judged: Sequence[Judged]) -> int:
    """The highest tier that recognised certifications carry; 0 where there is none."""
    return max((one.tier for one in judged), default=0)


def carried_until(judged: Sequence[Judged], tier: int) -> datetime | None:
    """Until when recognised certifications carry a tier; None where none does."""
    return max((one.until for one in judged if one.tier >= tier and one.until is not None), default=None)


def verified(credential: Credential, dossier: Dossier, issuers: Mapping[str, Issuer], *, now_us: int) -> Credential:
    """A signed credential, checked, with what it says.

    Args:
        credential: One that has an ``sd_jwt``.
        dossier: Whom it must be about: it names the organisation by LEI or by registration number.
        issuers: Whose credentials are accepted, by what they call themselves (``iss``).
        now_us: When it is looked at.

    Raises:
        IntegrityError: It does not hold, is somebody else's, or its issuer or its status is not known.
    """
    text = credential.sd_jwt or ""
    issuer = issuers.get(_claimed_issuer(text))
    if issuer is None:
        raise IntegrityError("The credential's issuer is not configured.", hint="See [access.vetting.issuers].")
    claims = verify(text, issuer.keys, now_us=now_us, types=TYPES).claims
    _check_subject(claims, dossier)
    reference = reference_of(claims)
    if reference is not None:
        token = issuer.status_lists.get(reference.uri)
        if token is None:
            raise IntegrityError(
                "The credential's status list is not at hand, so it may have been taken back.",
                hint=f"Fetch {reference.uri[:200]!a} into a file and configure it.",
            )
        check_status(token, issuer.keys, reference, now_us=now_us)
    try:
        return msgspec.structs.replace(
            credential,
            scheme=msgspec.convert(claims.get("scheme"), Name),
            level=msgspec.convert(claims.get("level"), Text | None),
            scope=msgspec.convert(claims.get("scope"), Text),
            issuer=issuer.iss,
            issued_at=_instant(claims.get("iat")),
            expires_at=_instant(claims.get("exp")),
        )
    except (msgspec.ValidationError, ValueError, OverflowError, TypeError):
        raise IntegrityError("The credential does not say scheme, scope, issue and expiry as it should.") from None


def _judge(
    number: int,
    credential: Credential,
    dossier: Dossier,
    *,
    table: Sequence[Recognition],
    issuers: Mapping[str, Issuer],
    at: datetime,
) -> Judged:
    is_signed = credential.sd_jwt is not None
    if is_signed:
        try:
            credential = verified(credential, dossier, issuers, now_us=round(at.timestamp() * 1_000_000))
        except IntegrityError as error:
            return Judged(number, credential, 0, None, str(error))
    best = Judged(number, credential, 0, None, "no line of the policy recognises it")
    for line in table:
        until = min(
            credential.expires_at,
            credential.issued_at + timedelta(days=line.max_age_days),
            credential.proof.expires_at or credential.expires_at,
        )
        if (
            line.scheme == credential.scheme
            and (not line.issuers or credential.issuer in line.issuers)
            and (not line.levels or credential.level in line.levels)
            and (is_signed or (not line.signed and _is_at_least(credential.proof.confidence, line.confidence)))
            and credential.issued_at <= at < until
            and (line.tier, until) > (best.tier, best.until or until)
        ):
            best = Judged(number, credential, line.tier, until, line.source)
    return best


def _is_at_least(found: Confidence, wanted: Confidence) -> bool:
    order = list(Confidence)
    return order.index(found) >= order.index(wanted)


def _claimed_issuer(text: str) -> str:
    """Who a credential says issued it. Nothing is believed yet: it only picks the keys to try."""
    try:
        body = text.split(".", 2)[1]
        payload = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return str(payload["iss"])
    except (IndexError, KeyError, TypeError, ValueError, msgspec.DecodeError):
        return ""


def _check_subject(claims: Mapping[str, Any], dossier: Dossier) -> None:
    identity = dossier.identity
    lei, number = claims.get("lei"), claims.get("registration_number")
    is_theirs = lei is not None or number is not None
    is_theirs &= lei is None or lei == identity.lei
    is_theirs &= number is None or (
        isinstance(number, str) and plain_number(number) == plain_number(identity.registration_number or "")
    )
    if not is_theirs:
        raise IntegrityError("The credential is not about this organisation: it names another, or none.")


def _instant(seconds: Any) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError("no instant")
    return datetime.fromtimestamp(seconds, UTC)


def parse_recognition(text: str, *, name: str) -> tuple[Recognition, ...]:
    """Read a policy table: a YAML list of lines.

    Raises:
        BadInput: It cannot be read; the message names file, line and field.
    """
    lines: list[Recognition] = []
    for document in documents(text, name=name):
        try:
            lines += read(document.value, list[Recognition], strict=False)
        except Misread as misread:
            raise misread.refusal(document.place_of(misread.path)) from None
    return tuple(lines)
