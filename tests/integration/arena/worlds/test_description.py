# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import msgspec
import pytest

from fakes.worlds import small_world
from stillwatch.arena.worlds.catalog import default_world
from stillwatch.arena.worlds.description import read_world
from stillwatch.errors import BadInput

TOML = """
name = "harbour"
days = 7

[[crowds]]
kind = "person"
accounts = 200

[[operators]]
name = "dock"
accounts = 12
replacement = "adaptive"
"""


def test_toml_and_json_say_the_same_and_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text(TOML)
    world = read_world(tmp_path / "w.toml")
    assert world.operators[0].accounts == 12
    assert world.is_adaptive
    (tmp_path / "w.json").write_bytes(msgspec.json.encode(world))
    assert read_world(tmp_path / "w.json") == world


def test_the_default_world_survives_writing(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_bytes(msgspec.json.encode(default_world()))
    assert read_world(tmp_path / "w.json") == default_world()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 1", "describes no world"),
        (TOML.replace("accounts = 12", "acounts = 12"), "acounts"),
        (TOML.replace("days = 7", "days = 0"), "days"),
        (TOML + '[[operators]]\nname = "dock"\n', "same name"),
        ("= =", "describes no world"),
    ],
)
def test_what_is_no_world_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "w.toml").write_text(text)
    with pytest.raises(BadInput, match=said):
        read_world(tmp_path / "w.toml")


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_world(tmp_path / "none.toml")


def test_a_world_with_one_operator_is_not_adaptive_by_default() -> None:
    assert not small_world().is_adaptive
