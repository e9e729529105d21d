# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch import errors


def test_an_error_prints_as_its_sentence_and_its_hint() -> None:
    assert str(errors.BadInput("It is wrong.", hint="Mend it.")) == "It is wrong. Mend it."
    assert str(errors.BadInput("It is wrong.")) == "It is wrong."


@pytest.mark.parametrize(
    ("kind", "code"),
    [(errors.BadInput, 2), (errors.SettingsError, 2), (errors.Unavailable, 3), (errors.IntegrityError, 1)],
)
def test_each_kind_has_the_exit_code_that_is_promised(kind: type[errors.StillwatchError], code: int) -> None:
    assert kind("x").exit_code == code


def test_an_upstream_s_failure_carries_its_reason() -> None:
    error = errors.UpstreamError("gone", reason="closed")
    assert (error.reason, error.exit_code) == ("closed", 3)
