# SPDX-License-Identifier: Apache-2.0
"""Holds a request against what its credential is bound to: a key pair, a certificate, a person who is attested.

One per worker. What must hold among workers (what was used already) is in the replay table that they share.
"""

import hmac
from collections.abc import Callable
from typing import Final, NamedTuple

from stillwatch.access.api_key import Peppers
from stillwatch.access.binding.access_token import make_token
from stillwatch.access.binding.certificate import thumbprint_in
from stillwatch.access.binding.client_assertion import check_assertion
from stillwatch.access.binding.dpop import BadProof, Flaw, Verifier
from stillwatch.access.binding.nonce import make_nonce
from stillwatch.access.binding.person import Attestor, Person
from stillwatch.access.binding.places import Places
from stillwatch.access.binding.public_key import thumbprint
from stillwatch.access.binding.replay import ReplayTable
from stillwatch.access.binding.settings import BindingSettings
from stillwatch.access.snapshot import KeyEntry
from stillwatch.records.binding import Binding
from stillwatch.records.grant import Denial, Issued
from stillwatch.records.proof import Proof

ALGORITHMS: Final = "ES256 EdDSA"


class Bound(NamedTuple):
    """How a request is bound, and who is behind it."""

    binding: Binding
    person: Person | None = None


class Binder:
    """Checks proofs, certificates and assertions.

    Args:
        settings: Where the gateway is, and how long things last.
        replay: Shared by all workers.
        peppers: The secrets that access tokens are made with.
    """

    def __init__(self, settings: BindingSettings, replay: ReplayTable, peppers: Peppers) -> None:
        self._settings = settings
        self._replay = replay
        self._peppers = peppers
        self._places = Places(settings.public_urls)
        self._verifier = Verifier(
            self._places, replay, proof_seconds=settings.proof_seconds, nonce_seconds=settings.nonce_seconds
        )
        self._attestor = Attestor(self._places, assertion_seconds=settings.assertion_seconds)

    def bind(self, entry: KeyEntry, proof: Proof | None, *, credential: str, now_us: int) -> Bound | Denial:
        """Hold a request against its key's bindings; each that was enrolled must hold.

        Args:
            entry: The key, which the caller has proved to know.
            proof: What came with it.
            credential: The API key or the access token, as it came.
            now_us: The instant.

        Cost: see ``bench/access/binding.py``: nothing to speak of but for a signed proof, some 0.2 milliseconds.
        """
        binding = Binding.BEARER if entry.cidrs is None else Binding.NETWORK
        if entry.jkt is not None:
            denial = self._check_proof(entry, entry.jkt, proof, credential, now_us)
            if denial is not None:
                return denial
            binding = Binding.DPOP
        elif proof is not None and (proof.is_dpop_scheme or proof.dpop is not None):
            message = "The API key is not bound to a key pair, so a signed proof does not protect it."
            return _denied(entry, now_us, "key_not_bound", f"{message} Ask the operator to enrol your public key.")
        if entry.x5t is not None:
            shown = thumbprint_in(proof.certificate) if proof is not None and proof.certificate is not None else None
            if shown is None or not hmac.compare_digest(shown, entry.x5t):
                message = "The API key works only over a connection made with its holder's certificate."
                return _denied(entry, now_us, "certificate_required", message)
            binding = Binding.MTLS
        if proof is None or proof.person is None:
            return Bound(binding)
        return self._attested(entry, binding, proof.person, now_us)

    def issue(self, entry: KeyEntry, *, now_us: int) -> Issued:
        """An access token for a client that has proved who it is."""
        expires_us = now_us + self._settings.token_seconds * 1_000_000
        if entry.expires_us is not None:
            expires_us = min(expires_us, entry.expires_us)
        text = make_token(entry.key_id, client_of(entry), expires_us=expires_us, peppers=self._peppers)
        scheme = "Bearer" if entry.jkt is None else "DPoP"
        return Issued(text=text, scheme=scheme, seconds=(expires_us - now_us) // 1_000_000)

    def outlasts(self, expires_us: int, now_us: int) -> bool:
        """Whether a token ends later than any made by now may: the clock was set back since it was made."""
        return expires_us > now_us + self._settings.token_seconds * 1_000_000

    def client_in(self, assertion: str, client_key: Callable[[str], str | None], *, now_us: int) -> str:
        """The client that an assertion was made by; uses it up.

        Raises:
            ValueError: It does not hold; see ``client_assertion.check_assertion``.
        """
        return check_assertion(assertion, client_key, self._places, self._replay, now_us=now_us)

    def _check_proof(
        self, entry: KeyEntry, jkt: str, proof: Proof | None, credential: str, now_us: int
    ) -> Denial | None:
        if not self._places:
            message = "The gateway does not know by which URL it is reached, so it can take no signed request."
            return _denied(entry, now_us, "binding_unavailable", message, status=503)
        if proof is None or proof.dpop is None:
            message = "The API key is bound to a key pair: send a signed proof with it, in the header DPoP."
            return self._challenge(entry, now_us, "binding_required", message, error="invalid_token")
        try:
            self._verifier.check(proof, credential=credential, jkt=jkt, now_us=now_us)
        except BadProof as error:
            message = f"The proof in the header DPoP {error}."
            if error.flaw is Flaw.FULL:
                return _denied(entry, now_us, "binding_unavailable", message, status=503)
            return self._challenge(entry, now_us, error.flaw, message, error=error.flaw)
        return None

    def _challenge(self, entry: KeyEntry, now_us: int, code: str, message: str, *, error: str) -> Denial:
        """A denial that says how to do it right, with a nonce to do it with (RFC 9449, sections 7.1 and 9)."""
        headers = (
            ("www-authenticate", f'DPoP error="{error}", algs="{ALGORITHMS}"'),
            ("dpop-nonce", make_nonce(self._replay.epoch(now_us), now_us)),
            ("cache-control", "no-store"),
        )
        return _denied(entry, now_us, code, message, headers=headers)

    def _attested(self, entry: KeyEntry, binding: Binding, assertion: str, now_us: int) -> Bound | Denial:
        try:
            person = self._attestor.check(assertion, org_id=entry.org_id, trusted=entry.trusted, now_us=now_us)
        except ValueError as error:
            message = f"The assertion in the header Stillwatch-Person {error}."
            return _denied(entry, now_us, "invalid_person_assertion", message, status=403)
        return Bound(binding, person)


def client_of(entry: KeyEntry) -> str:
    """The thumbprint of the public key that an entry's client holds; empty where it is no client."""
    return "" if entry.client_jwk is None else thumbprint(entry.client_jwk)


def _denied(
    entry: KeyEntry,
    now_us: int,
    code: str,
    message: str,
    *,
    status: int = 401,
    headers: tuple[tuple[str, str], ...] = (),
) -> Denial:
    return Denial(
        code=code,
        status=status,
        message=message,
        key_id=entry.key_id,
        org_id=entry.org_id,
        account_id=entry.account_id,
        rung=entry.standing.at(now_us),
        headers=headers,
    )
