# SPDX-License-Identifier: Apache-2.0
import getpass

import pytest

from stillwatch.cli.operator import operator
from stillwatch.errors import BadInput


def test_a_given_name_is_taken() -> None:
    assert operator("Ana") == "Ana"


def test_else_it_is_who_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ben")
    assert operator(None) == "ben"


def test_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("uid")

    monkeypatch.setattr(getpass, "getuser", unknown)
    with pytest.raises(BadInput, match="--by"):
        operator(None)
