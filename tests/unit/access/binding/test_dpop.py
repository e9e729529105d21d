# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.holder import Holder
from fakes.replays import small_table
from stillwatch.access import jws
from stillwatch.access.binding.dpop import BadProof, Flaw, Verifier
from stillwatch.access.binding.nonce import make_nonce
from stillwatch.access.binding.places import Places
from stillwatch.access.binding.public_key import ALGORITHMS, canonical, key_of, thumbprint
from stillwatch.records.proof import Proof

NOW = 1_800_000_000_000_000
SECOND = 1_000_000
URL, PATH = "https://api.example.com/v1/chat/completions", "/v1/chat/completions"
KEY = "swk_live_000000000000_000000000000000000000000000000000_31yXy0"
HOLDER = Holder()

RFC_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
RFC_PROOF = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rsc"
    "EJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In"
    "19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZW"
    "N0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9"
    ".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
"""RFC 9449, section 7.1."""
RFC_JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


class Scene:
    """A verifier, its table, and a nonce that counts."""

    def __init__(self, *urls: str, buckets: int = 64) -> None:
        self.table = small_table(buckets)
        places = Places(urls or ("https://api.example.com",))
        self.verifier = Verifier(places, self.table, proof_seconds=60, nonce_seconds=300)

    def nonce(self, now: int = NOW) -> str:
        return make_nonce(self.table.epoch(now), now)

    def proof(self, holder: Holder = HOLDER, **changes: Any) -> str:
        known: dict[str, Any] = {"url": URL, "credential": KEY, "now_us": NOW}
        if "nonce" not in changes:
            known["nonce"] = self.nonce()
        return holder.proof(**{**known, **changes})

    def flaw(self, token: str, *, now: int = NOW, jkt: str = HOLDER.jkt, method: str = "POST", path: str = PATH) -> str:
        """The fault found, or ``good``."""
        try:
            self.verifier.check(Proof(method=method, path=path, dpop=token), credential=KEY, jkt=jkt, now_us=now)
        except BadProof as error:
            return f"{error.flaw}: {error}"
        return "good"


@pytest.mark.parametrize("holder", [Holder(), Holder(is_edwards=True)])
def test_a_proof_is_good_once(holder: Holder) -> None:
    scene = Scene()
    proof = scene.proof(holder)
    assert scene.flaw(proof, jkt=holder.jkt) == "good"
    assert scene.flaw(proof, jkt=holder.jkt) == "invalid_dpop_proof: was used before"
    assert scene.flaw(scene.proof(holder), jkt=holder.jkt) == "good"


def test_the_proof_of_the_rfc_holds_but_for_the_nonce_that_we_want() -> None:
    now = 1_562_262_618 * SECOND
    verifier = Verifier(Places(["https://resource.example.org"]), small_table(), proof_seconds=60, nonce_seconds=300)
    proof = Proof(method="GET", path="/protectedresource", dpop=RFC_PROOF)
    with pytest.raises(BadProof) as caught:
        verifier.check(proof, credential=RFC_TOKEN, jkt=RFC_JKT, now_us=now)
    assert caught.value.flaw is Flaw.NONCE
    with pytest.raises(BadProof, match="another API key"):
        verifier.check(proof, credential=RFC_TOKEN + "x", jkt=RFC_JKT, now_us=now)
    header, _ = jws.read(RFC_PROOF, algorithms=ALGORITHMS)
    key = canonical(header["jwk"])
    assert thumbprint(key) == RFC_JKT
    assert jws.verified(RFC_PROOF, [key_of(key)], algorithms=ALGORITHMS).claims["jti"] == "e1j3V_bKic8-LAEB"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"header": {"typ": "JWT"}}, "type dpop"),
        ({"header": {"typ": None}}, "type dpop"),
        ({"header": {"alg": "none"}}, "not accepted"),
        ({"header": {"alg": "HS256"}}, "not accepted"),
        ({"header": {"alg": "RS256"}}, "not accepted"),
        ({"header": {"crit": ["exp"]}}, "not known here"),
        ({"header": {"b64": False}}, "not known here"),
        ({"header": {"jwk": None}}, "no JSON Web Key"),
        ({"header": {"jwk": HOLDER.jwk | {"d": "x"}}}, "private or secret"),
        ({"header": {"jwk": Holder("thief").jwk}}, "another key"),
        ({"jti": None}, "its jti"),
        ({"jti": "x" * 300}, "its jti"),
        ({"htm": "GET"}, "another method"),
        ({"htm": "post"}, "another method"),
        ({"htm": None}, "its htm"),
        ({"htu": "https://api.example.com/v1/messages"}, "another URL"),
        ({"htu": "https://evil.test/v1/chat/completions"}, "another URL"),
        ({"htu": None}, "its htu"),
        ({"ath": None}, "its ath"),
        ({"credential": "another"}, "another API key"),
        ({"iat": None}, "its iat"),
        ({"iat": "now"}, "its iat"),
        ({"iat": NOW // SECOND - 61}, "too long ago"),
        ({"iat": NOW // SECOND + 61}, "too long ago"),
        ({"nonce": None}, "use_dpop_nonce"),
        ({"nonce": "x"}, "use_dpop_nonce"),
        ({"nonce": 7}, "use_dpop_nonce"),
    ],
)
def test_each_thing_it_must_say_is_held_against_the_request(changes: dict[str, Any], said: str) -> None:
    scene = Scene()
    assert said in scene.flaw(scene.proof(**changes))


def test_a_proof_by_another_key_under_the_holders_name_is_forged() -> None:
    scene = Scene()
    forged = scene.proof(Holder("thief"), header={"jwk": HOLDER.jwk})
    assert "not signed" in scene.flaw(forged)
    # It used up nothing: the holder's own proof with that id is good.
    assert scene.flaw(scene.proof(jti="jti-0")) == "good"


def test_the_query_is_left_aside() -> None:
    scene = Scene()
    assert scene.flaw(scene.proof(url=URL + "?beta=true")) == "good"


def test_a_nonce_runs_out_and_another_is_wanted() -> None:
    scene = Scene()
    nonce = scene.nonce()
    later = NOW + 299 * SECOND
    assert scene.flaw(scene.proof(nonce=nonce, now_us=later), now=later) == "good"
    later += SECOND
    assert scene.flaw(scene.proof(nonce=nonce, now_us=later), now=later).startswith("use_dpop_nonce")


def test_a_proof_cannot_come_again_after_the_clock_was_set_back() -> None:
    scene = Scene()
    proof = scene.proof()
    assert scene.flaw(proof) == "good"
    # So much later that the table may forget it, the clock is set back to when it was fresh.
    later = NOW + 600 * SECOND
    assert scene.flaw(scene.proof(nonce=scene.nonce(later), now_us=later), now=later) == "good"
    assert scene.flaw(proof).startswith("use_dpop_nonce")
    assert scene.flaw(scene.proof()) == "good"


def test_where_used_proofs_cannot_be_remembered_none_is_taken() -> None:
    scene = Scene(buckets=1)
    flaws = [scene.flaw(scene.proof()) for _ in range(33)]
    assert flaws[:32] == ["good"] * 32
    assert flaws[32].startswith("replay_memory_full")


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))))
def test_no_header_is_good_or_raises_anything_else(text: str) -> None:
    assert Scene().flaw(text).startswith("invalid_dpop_proof")


@given(st.data())
def test_no_changed_proof_is_good(data: st.DataObject) -> None:
    scene, edwards = Scene(), Holder(is_edwards=True)
    proof = scene.proof(edwards)
    at = data.draw(st.integers(0, len(proof) - 1))
    new = data.draw(st.sampled_from("ABCabc019-_.=~"))
    changed = proof[:at] + new + proof[at + 1 :]
    if changed != proof:
        assert scene.flaw(changed, jkt=edwards.jkt) != "good"
