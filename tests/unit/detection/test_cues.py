# SPDX-License-Identifier: Apache-2.0
from stillwatch.detection.cues import CUE_BITS, CUE_PAIRS


def test_every_cue_has_a_bit_of_its_own_and_some_phrase() -> None:
    assert len(set(CUE_BITS.values())) == len(CUE_BITS)
    for bit in CUE_BITS.values():
        assert any(bits & bit for bits in CUE_PAIRS.values())


def test_all_bits_fit_the_sketch() -> None:
    assert max(CUE_PAIRS.values()) < 1 << 16
