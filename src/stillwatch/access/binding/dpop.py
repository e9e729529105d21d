# SPDX-License-Identifier: Apache-2.0
"""Checks a DPoP proof: that the sender of this request holds the private key that its credential is bound to.

What is cheap comes first, the signature late, and the proof is used up last: nobody can fill the memory of used proofs,
or use up another's, without the private key.

Source:
    RFC 9449, section 4.3 (checking proofs; the numbers in the code are its), 7.1 and 7.2, 9 (nonces).
"""

import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from stillwatch.access import jws
from stillwatch.access.binding.claims import LONGEST_TOKEN, instant_in, text_in
from stillwatch.access.binding.nonce import issued_us
from stillwatch.access.binding.places import Places
from stillwatch.access.binding.public_key import ALGORITHMS, canonical, key_of, thumbprint
from stillwatch.access.binding.replay import Claim, ReplayTable
from stillwatch.records.proof import Proof

TYPE: Final = "dpop+jwt"


class Flaw(StrEnum):
    """What is wrong with a proof, in the words of RFC 9449 where it has one."""

    INVALID = "invalid_dpop_proof"
    NONCE = "use_dpop_nonce"
    """It was made with no nonce, or with one that does not count any more: make another with the one given."""
    FULL = "replay_memory_full"


class BadProof(ValueError):  # noqa: N818 - see the module
    """A proof that does not hold.

    Args:
        flaw: Of which kind the fault is.
        what: The end of a sentence that says what it is.
    """

    def __init__(self, flaw: Flaw, what: str) -> None:
        super().__init__(what)
        self.flaw = flaw


class Verifier:
    """Checks proofs.

    Args:
        places: Where the gateway is.
        replay: What was used already.
        proof_seconds: See ``settings.BindingSettings``.
        nonce_seconds: See there.
    """

    def __init__(self, places: Places, replay: ReplayTable, *, proof_seconds: int, nonce_seconds: int) -> None:
        self._places = places
        self._replay = replay
        self._proof_us = proof_seconds * 1_000_000
        self._nonce_us = nonce_seconds * 1_000_000

    def check(self, proof: Proof, *, credential: str, jkt: str, now_us: int) -> None:
        """Check a proof and use it up.

        Args:
            proof: What came with the request, a proof among it.
            credential: The API key or access token that it must cover.
            jkt: The thumbprint of the key it must be signed with.
            now_us: The instant.

        Raises:
            BadProof: It does not hold.
        """
        try:
            self._check(proof, credential, jkt, now_us)
        except BadProof:
            raise
        except ValueError as error:
            raise BadProof(Flaw.INVALID, str(error)) from None

    def _check(self, proof: Proof, credential: str, jkt: str, now_us: int) -> None:
        token = proof.dpop or ""
        if len(token) > LONGEST_TOKEN:
            raise ValueError("is too long")
        # 2 to 5, and 7: well formed, with all it must say, its algorithm accepted, its key public.
        header, claims = jws.read(token, algorithms=ALGORITHMS)
        if header.get("typ") != TYPE:
            raise ValueError(f"is not of the type {TYPE}")
        key = canonical(header.get("jwk"))
        # 12, its second half: the key is the one the credential is bound to.
        if not hmac.compare_digest(thumbprint(key), jkt):
            raise ValueError("is signed with another key than the API key is bound to")
        self._check_target(claims, proof, credential)
        until_us = self._check_age(claims, now_us)
        jti = text_in(claims, "jti")
        # 6.
        jws.verified(token, [key_of(key)], algorithms=ALGORITHMS)
        # 11.1: once only.
        claim = self._replay.claim(f"dpop\n{jkt}\n{jti}".encode(), until_us=until_us, now_us=now_us)
        if claim is Claim.SEEN:
            raise ValueError("was used before")
        if claim is Claim.FULL:
            raise BadProof(Flaw.FULL, "cannot be told from a used one right now")

    def _check_target(self, claims: Mapping[str, Any], proof: Proof, credential: str) -> None:
        """8, 9, and the first half of 12: the method, the URL and the credential that it was made for."""
        if text_in(claims, "htm", longest=16) != proof.method:
            raise ValueError("was made for another method")
        if not self._places.is_target(text_in(claims, "htu", longest=2_048), proof.path):
            raise ValueError("was made for another URL")
        covered = jws.encoded(hashlib.sha256(credential.encode(errors="replace")).digest())
        if not hmac.compare_digest(text_in(claims, "ath").encode(), covered.encode()):
            raise ValueError("was made for another API key")

    def _check_age(self, claims: Mapping[str, Any], now_us: int) -> int:
        """11 and 10; gives the instant from which on it is too old.

        A nonce is wanted of everybody: what was signed before this epoch, or ahead of time, is worth nothing.
        """
        made_us = instant_in(claims, "iat")
        if abs(now_us - made_us) > self._proof_us:
            raise ValueError("was made too long ago, or by a clock that is wrong")
        nonce, epoch = claims.get("nonce"), self._replay.epoch(now_us)
        given_us = issued_us(str(nonce), epoch, now_us=now_us, lasts_us=self._nonce_us)
        if given_us is None:
            raise BadProof(Flaw.NONCE, "must be made with the nonce that this answer gives")
        return min(made_us + self._proof_us, given_us + self._nonce_us)
