# SPDX-License-Identifier: Apache-2.0
"""What it costs to know whether a request is its key holder's: CPU of the gate's answer, by what comes with the key."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from rich.console import Console
from rich.table import Table

from bench.promises import Verdict
from stillwatch.access.adapters.shared_memory import share_replay_table
from stillwatch.access.api_key import ID_BYTES, SECRET_BYTES, NewKey, Peppers, digest, new_key
from stillwatch.access.binding.binder import Binder
from stillwatch.access.binding.nonce import make_nonce
from stillwatch.access.binding.public_key import canonical, thumbprint
from stillwatch.access.binding.settings import BindingSettings
from stillwatch.access.jws import encoded
from stillwatch.access.keyring import Keyring
from stillwatch.access.snapshot import KeyEntry
from stillwatch.records.proof import Proof

REFUSED_US: Final = 60.0
"""Most that a key which does not exist may cost: a flood of them must not keep the gateway busy."""
ROUNDS: Final = 5
EACH: Final = 1_000
NOW: Final = 1_800_000_000_000_000
URL: Final = "https://api.example.com"
PATH: Final = "/v1/chat/completions"
_PEPPER: Final = hashlib.sha256(b"bench").digest()
_SIGNING: Final = ec.derive_private_key(7, ec.SECP256R1())


def run(console: Console) -> list[Verdict]:
    """Measure, print, and judge."""
    found = {what: median(each) for what, each in measured().items()}
    table = Table("a request by", "CPU µs of the gate's answer", title="Binding, one core, median of rounds")
    for what, cost_us in found.items():
        table.add_row(what, f"{cost_us:.1f}")
    console.print(table)
    cost_us = found["a key that does not exist"]
    promise = f"a key that does not exist is refused for at most {REFUSED_US:g} µs"
    return [Verdict(promise=promise, found=f"{cost_us:.1f} µs", is_kept=cost_us <= REFUSED_US)]


def measured() -> dict[str, list[float]]:
    """Microseconds of CPU an answer, a figure a round; rounds take turns."""
    peppers = Peppers.of(_PEPPER)
    table = share_replay_table()
    plain, bound, stranger = (_key(number) for number in range(3))
    jwk = canonical(_public())
    entries = [_entry(plain), _entry(bound, jkt=thumbprint(jwk))]
    binder = Binder(BindingSettings(public_urls=(URL,)), table, peppers)
    keyring = Keyring(peppers=peppers, binder=binder).with_delta(entries, version=1)
    nonce = make_nonce(table.epoch(NOW), NOW)
    serial = iter(range(ROUNDS * EACH))

    def proofs() -> list[Proof]:
        return [_proof(bound.text, nonce, next(serial)) for _ in range(EACH)]

    garbage = [Proof(method="POST", path=PATH, dpop="x.y.z")] * EACH
    cases: dict[str, tuple[str, Callable[[], Sequence[Proof | None]]]] = {
        "a key that is not bound": (plain.text, lambda: [None] * EACH),
        "a key that does not exist": (stranger.text, lambda: [None] * EACH),
        "a bound key without a proof": (bound.text, lambda: [None] * EACH),
        "a bound key with a proof that cannot be read": (bound.text, lambda: garbage),
        "a bound key with its proof (ES256)": (bound.text, proofs),
    }
    found: dict[str, list[float]] = {what: [] for what in cases}
    for _ in range(ROUNDS):
        for what, (text, shown) in cases.items():
            every = shown()
            began = time.process_time()
            for proof in every:
                keyring.authorize(text, client_ip="192.0.2.7", model=None, now_us=NOW, proof=proof)
            found[what].append((time.process_time() - began) / EACH * 1e6)
    return found


def _key(number: int) -> NewKey:
    seed = hashlib.sha512(str(number).encode()).digest()
    return new_key(id_entropy=seed[:ID_BYTES], secret_entropy=seed[ID_BYTES : ID_BYTES + SECRET_BYTES])


def _entry(made: NewKey, *, jkt: str | None = None) -> KeyEntry:
    return KeyEntry(
        key_id=made.key_id,
        digest=digest(made.text, _PEPPER),
        pepper_id=Peppers.of(_PEPPER).current_id,
        org_id="org",
        account_id="acct",
        jkt=jkt,
    )


def _public() -> dict[str, str]:
    numbers = _SIGNING.public_key().public_numbers()
    x, y = (encoded(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def _proof(text: str, nonce: str, number: int) -> Proof:
    """A proof as a client makes it."""
    claims = {
        "jti": f"jti-{number}",
        "htm": "POST",
        "htu": URL + PATH,
        "iat": NOW // 1_000_000,
        "ath": encoded(hashlib.sha256(text.encode()).digest()),
        "nonce": nonce,
    }
    signed = f"{_part({'typ': 'dpop+jwt', 'alg': 'ES256', 'jwk': _public()})}.{_part(claims)}"
    r, s = decode_dss_signature(_SIGNING.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return Proof(method="POST", path=PATH, dpop=f"{signed}.{signature}", is_dpop_scheme=True)


def _part(value: dict[str, Any]) -> str:
    return encoded(json.dumps(value).encode())
