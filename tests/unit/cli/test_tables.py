# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.cli.tables import print_details, print_rows, shown_day


def test_text_from_outside_is_never_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows("nothing", ("name",), [("[red]Acme[/red] :smile: [link=x]y",)])
    print_details([("name", "[bold]Acme[/bold] :smile:")])
    shown = capsys.readouterr().out
    assert "[red]Acme[/red] :smile: [link=x]y" in shown
    assert "[bold]Acme[/bold] :smile:" in shown


def test_rows_for_a_program_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows("nothing", ("a", "b", "c"), [("x" * 100, "y" * 100, "z" * 100)] * 3)
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_no_rows_are_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows("Nothing yet [at all].", ("a",), [])
    assert capsys.readouterr().out == "Nothing yet [at all].\n"


def test_long_details_are_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_details([("a", "x" * 500), ("bcd", "y")])
    assert capsys.readouterr().out == f"a    {'x' * 500}\nbcd  y\n"


def test_an_instant_is_shown_to_the_minute() -> None:
    assert shown_day(1_800_000_059_999_999) == "2027-01-15 08:00"
    assert shown_day(None, never="never") == "never"
