# SPDX-License-Identifier: Apache-2.0
import json

import msgspec
import pytest

from fakes.baselines import baseline, histogram
from stillwatch.detection.calibration.baseline_json import baseline_bytes, read_baseline
from stillwatch.errors import BadInput


def test_a_baseline_comes_back_as_it_was_written() -> None:
    one = baseline(histogram([3, 4.5, 1]))
    written = baseline_bytes(one)
    assert read_baseline(written, name="b.json", settings=one.settings) == one
    assert json.loads(written)["schema"] == "stillwatch.baseline/1"


def test_what_cannot_be_compared_with_is_refused_in_a_sentence() -> None:
    one = baseline()
    with pytest.raises(BadInput, match=r"b\.json was made with other settings"):
        read_baseline(baseline_bytes(one), name="b.json", settings="sha256:0")
    later = msgspec.structs.replace(one, schema="stillwatch.baseline/2")
    with pytest.raises(BadInput, match=r"is of version 'stillwatch\.baseline/2'"):
        read_baseline(baseline_bytes(later), name="b.json", settings=one.settings)
    for data in (b"", b"{}", b'{"schema": 1}', b"\xff"):
        with pytest.raises(BadInput, match="is no baseline"):
            read_baseline(data, name="b.json", settings=one.settings)
