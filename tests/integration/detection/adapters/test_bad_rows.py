# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.detection.adapters.bad_rows import NAMED, BadRows
from stillwatch.errors import BadInput


def test_all_are_counted_and_the_first_few_named() -> None:
    bad, other = BadRows(), BadRows()
    for number in range(15):
        bad.add(f"a{number}")
        other.add(f"b{number}")
    bad.merge(other)
    assert bad.count == 30
    assert len(bad.named) == NAMED
    assert bad.named[14:16] == ["a14", "b0"]


def test_a_row_is_skipped_only_where_that_is_asked_for() -> None:
    bad = BadRows()
    with pytest.raises(BadInput, match=r"row 3 is null\. Mend it\."):
        bad.skip("row 3 is null", hint="Mend it.", may_skip=False)
    bad.skip("row 3 is null", hint="Mend it.", may_skip=True)
    assert (bad.count, bad.named) == (1, ["row 3 is null"])
