# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from stillwatch.access.adapters.secret_file import make_secret_file


def test_only_its_owner_can_read_it_and_the_first_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "below" / "secret"
    make_secret_file(path, b"first")
    make_secret_file(path, b"second")
    assert path.read_bytes() == b"first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
