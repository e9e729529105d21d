# SPDX-License-Identifier: Apache-2.0
"""Where the bench works: its folder, its two cores, and the tools it makes or fetches on the first run."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORK = HERE / ".work"
PROXY_CORE, LOAD_CORE = 0, 1
UV = HERE.parent / ".venv" / "bin" / "uv"


class MissingError(Exception):
    """Something the bench needs cannot be had; the message is a sentence for whoever runs it."""


def compiled(name: str) -> Path:
    """Give the program made from ``NAME.c``, made anew where the source is newer.

    Raises:
        MissingError: There is no C compiler, or it refuses the source.
    """
    source, program = HERE / f"{name}.c", WORK / name
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    WORK.mkdir(exist_ok=True)
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise MissingError("A C compiler is needed for the load generator and the upstream: install gcc.")
    made = subprocess.run(
        [compiler, "-O2", "-o", str(program), str(source)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise MissingError(f"{source.name} does not compile: {made.stderr.strip().splitlines()[-1]}")
    return program


def environment(name: str) -> Path:
    """Give the ``bin`` folder of a virtual environment that holds ``requirements-NAME.txt``, every file by its hash.

    Raises:
        MissingError: It cannot be installed.
    """
    folder, wanted = WORK / f"venv-{name}", HERE / f"requirements-{name}.txt"
    ready = folder / "ready"
    if ready.exists() and ready.read_text() == wanted.read_text():
        return folder / "bin"
    if not UV.exists():
        raise MissingError("The project's own environment is not there: run `make bench`, which makes it.")
    shutil.rmtree(folder, ignore_errors=True)
    for command in (
        [UV, "venv", "--quiet", "--python", sys.executable, folder],
        [UV, "pip", "install", "--quiet", "--require-hashes", "--python", folder / "bin" / "python", "-r", wanted],
    ):
        made = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if made.returncode:
            reason = (made.stderr.strip() or "no reason given").splitlines()[-1]
            raise MissingError(f"{wanted.name} cannot be installed from PyPI: {reason}")
    ready.write_text(wanted.read_text())
    return folder / "bin"


def nginx() -> Path:
    """Give nginx: the machine's, or Debian's unpacked into the bench's own folder. Nothing is installed.

    Raises:
        MissingError: Neither can be had.
    """
    installed = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if installed:
        return Path(installed)
    folder = WORK / "nginx"
    program = folder / "usr" / "sbin" / "nginx"
    if not program.exists():
        if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
            raise MissingError("nginx is not installed, and this is no Debian to fetch it from: install nginx.")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for attempt in (1, 2):
            fetched = subprocess.run(
                ["apt-get", "download", "nginx", "nginx-common"],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if fetched.returncode == 0 or attempt == 2:
                break
            # A machine that never asked for a list of packages knows none.
            subprocess.run(["apt-get", "update", "--quiet"], capture_output=True, check=False)
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(folder)], capture_output=True, check=False)
    works = program.exists() and subprocess.run([str(program), "-v"], capture_output=True, check=False).returncode == 0
    if not works:
        shutil.rmtree(folder, ignore_errors=True)
        raise MissingError("nginx is not installed and cannot be fetched from Debian: install nginx.")
    return program


def free_port() -> int:
    """Give a port nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def pinned(cores: int | str, command: list[str]) -> list[str]:
    """Give the command that runs another on one core, or on several such as ``0,1``, its children too."""
    return ["taskset", "-c", str(cores), *command]


def check_machine() -> None:
    """Make sure there is a core for the proxies and one for the rest.

    Raises:
        MissingError: There is not.
    """
    if not sys.platform.startswith("linux"):
        raise MissingError("The bench reads /proc and pins processes to cores: run it on Linux.")
    if not {PROXY_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        raise MissingError("The bench needs cores 0 and 1: one for the proxy, one for the load and the upstream.")
    if shutil.which("taskset") is None:
        raise MissingError("taskset is needed to pin processes to cores: install util-linux.")
    WORK.mkdir(exist_ok=True)
