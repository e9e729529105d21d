# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL server of one's own: a fresh cluster in a temporary folder, on a Unix socket, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

OWNER = "nobody"
"""Who runs the server where the tests run as root: PostgreSQL refuses to."""


def find_binaries() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, newest release first; None where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: folder.parent.name, reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def running(binaries: Path) -> Iterator[str]:
    """Run a server; give the URL of its empty database ``stillwatch``, with the name last."""
    # Not pytest's own folder: the path of a Unix socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="swpg-") as name:
        home = Path(name)
        become = []
        if os.geteuid() == 0:
            shutil.chown(home, OWNER)
            become = ["runuser", "-u", OWNER, "--"]
        data = home / "data"
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)}
        initdb = [
            *become,
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "stillwatch",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "-N",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd=home, env=environment)
        options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off -c shared_buffers=16MB"
        control = [*become, str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(home / "log")]
        subprocess.run(
            [*control, "-o", options, "start"], check=True, cwd=home, env=environment, stdout=subprocess.DEVNULL
        )
        try:
            yield f"postgresql+psycopg://stillwatch@/stillwatch?host={home}"
        finally:
            subprocess.run(
                [*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=home, env=environment
            )


def run_sql(url: str, *statements: str) -> None:
    """Run statements that want no transaction around them, such as CREATE DATABASE."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
