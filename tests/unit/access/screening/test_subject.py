# SPDX-License-Identifier: Apache-2.0
from fakes.screening import subject


def test_a_fingerprint_changes_with_what_is_screened_and_not_with_the_order() -> None:
    first = subject("Example", "Sample", countries=("de", "fr"))
    assert first.fingerprint() == subject("Sample", "Example", countries=("fr", "de")).fingerprint()
    assert first.fingerprint() != subject("Example").fingerprint()
    assert first.fingerprint() != subject("Example", "Sample", countries=("de",)).fingerprint()
