# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from stillwatch.access.binding.claims import instant_in, text_in


@pytest.mark.parametrize("value", [None, "", 7, ["a"], "a\nb", "\x00", "x" * 257])
def test_a_text_is_short_and_printable(value: Any) -> None:
    with pytest.raises(ValueError, match="does not say its jti"):
        text_in({"jti": value}, "jti")
    assert text_in({"jti": "a"}, "jti") == "a"


@pytest.mark.parametrize("value", [None, "7", True, float("nan"), float("inf"), -1, 1e18, [1]])
def test_an_instant_is_a_number_within_the_calendar(value: Any) -> None:
    with pytest.raises(ValueError, match="does not say its iat"):
        instant_in({"iat": value}, "iat")
    assert instant_in({"iat": 1.5}, "iat") == 1_500_000
