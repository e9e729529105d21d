# SPDX-License-Identifier: Apache-2.0
"""What client an account claims to be, and the TLS fingerprint it shows with the claim, as one token.

A client's name is what is left of a user agent without its versions and comments: a release changes these, and the
fingerprint is of the TLS library below. A token's upper bits tell the name and its lower ones the pair of the two, so
that what fingerprints a name goes with can be learnt from tokens alone.
"""

import re
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

PAIR_BITS = 40
READ_CHARS = 256
WORDS = 8
"""What is read of a user agent."""
_COMMENT = re.compile(r"\([^()]*\)?")
_VERSION = re.compile(r"v?\d")


def client_name(user_agent: str) -> str:
    """Give the name of the client that a user agent claims; empty where it claims none.

    Example:
        >>> client_name("OpenAI/Python 1.99.1"), client_name("python-requests/2.32.5")
        ('openai python', 'python-requests')
        >>> client_name("Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36")
        'mozilla applewebkit chrome safari'
    """
    words = re.split(r"[\s/;,]+", _COMMENT.sub(" ", user_agent[:READ_CHARS]).casefold())
    return " ".join([word for word in words if word and not _VERSION.match(word)][:WORDS])


def claim_token(user_agent: str, ja4: str) -> int | None:
    """Give the token of a claimed client and the fingerprint shown with it; None where either is not known."""
    name = client_name(user_agent)
    return _token(name, ja4) if name and ja4 else None


@lru_cache(maxsize=65_536)
def _token(name: str, ja4: str) -> int:
    upper = int.from_bytes(_digest(name.encode("utf-8", "replace")), "little") >> PAIR_BITS << PAIR_BITS
    pair = _digest(f"{name}\0{ja4[:READ_CHARS]}".encode("utf-8", "replace"))
    # The last bit keeps it from being 0, which means no token.
    token = upper | int.from_bytes(pair, "little") % (1 << PAIR_BITS) | 1
    return token - (1 << 64) if token >= 1 << 63 else token


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=8, person=b"claim").digest()


def names_of(tokens: Ints) -> Ints:
    """Give what tells the claimed names of tokens apart. Shape of ``tokens``."""
    return tokens >> PAIR_BITS
