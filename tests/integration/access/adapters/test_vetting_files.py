# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from fakes.credentials import issuer_key, public, status_list
from stillwatch.access.adapters.vetting_files import open_policy
from stillwatch.access.vetting.settings import IssuerSettings, VettingSettings
from stillwatch.errors import BadInput, SettingsError

URI = "https://issuer.example/status/1"


def settings(folder: Path, **changes: object) -> VettingSettings:
    issuer = IssuerSettings(
        iss="https://issuer.example", jwks_file=Path("keys.json"), status_list_files=(Path("list.jwt"),)
    )
    return VettingSettings(issuers={"example": issuer}, **changes).resolved(folder)  # type: ignore[arg-type]


def test_keys_and_status_lists_are_read_from_below_the_data_folder(tmp_path: Path) -> None:
    key = issuer_key()
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [public(key)]}))
    (tmp_path / "list.jwt").write_text(status_list(URI, [0], key) + "\n")
    policy = open_policy(settings(tmp_path))
    issuer = policy.issuers["https://issuer.example"]
    assert len(issuer.keys) == 1
    assert issuer.status_lists.keys() == {URI}
    assert policy.table, "the table that is shipped"


def test_a_table_of_one_s_own_takes_the_shipped_one_s_place(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("- {scheme: x, tier: 3, max_age_days: 9, source: a contract}\n")
    policy = open_policy(VettingSettings(recognition_file=Path("own.yaml")).resolved(tmp_path))
    assert [line.scheme for line in policy.table] == ["x"]
    (tmp_path / "own.yaml").write_text("- {scheme: x}\n")
    with pytest.raises(BadInput, match=r"own.yaml, line 1: \[0\] lacks the field tier"):
        open_policy(VettingSettings(recognition_file=Path("own.yaml")).resolved(tmp_path))


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"keys": []}', "private"])
def test_a_file_that_holds_no_public_key_stops_the_program(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        key = json.dumps(issuer_key().as_dict(private=True))
        (tmp_path / "keys.json").write_text(key if text == "private" else text)
    with pytest.raises(SettingsError, match=r"keys\.json"):
        open_policy(settings(tmp_path))


def test_a_status_list_that_is_none_is_left_to_who_uses_it(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(public(issuer_key())))
    (tmp_path / "list.jwt").write_text("no list")
    assert open_policy(settings(tmp_path)).issuers["https://issuer.example"].status_lists.keys() == {""}
