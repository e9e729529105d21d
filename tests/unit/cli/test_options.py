# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from stillwatch.cli.options import print_json
from stillwatch.records.standing import Rung, Standing


def test_json_is_indented_ends_its_line_and_knows_the_records(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"standing": Standing(rung=Rung.VERIFY, reason="why")})
    out = capsys.readouterr().out
    assert json.loads(out) == {"standing": {"rung": 3, "reason": "why"}}
    assert out.startswith("{\n  ")
    assert out.endswith("}\n")
