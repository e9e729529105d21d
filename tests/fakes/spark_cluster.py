# SPDX-License-Identifier: Apache-2.0
"""A real Spark cluster of one's own: a master and two workers, each a process, from the Python package."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from fakes.processes import free_ports, until

MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"
CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"
PATIENCE_SECONDS = 120


def missing() -> str:
    """What a cluster needs that is not here; empty where nothing is missing."""
    if find_spec("pyspark") is None:
        return "PySpark is not installed (uv sync --extra spark)"
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "there is no Java on this machine (Debian: apt-get install openjdk-17-jre-headless)"
    return ""


@contextmanager
def cluster() -> Iterator[str]:
    """Run a master and two workers of one core and 1 GB each; give the master's URL."""
    port = free_ports(1)[0]
    url = f"spark://127.0.0.1:{port}"
    local = ("--host", "127.0.0.1", "--webui-port", "0")
    with tempfile.TemporaryDirectory(prefix="swspark-") as name, ExitStack() as running:
        home = Path(name)
        running.enter_context(_process(home, "master", ["spark-class", MASTER, "--port", str(port), *local]))
        for worker in ("worker-1", "worker-2"):
            size = ("--cores", "1", "--memory", "1g", "--work-dir", str(home / worker))
            running.enter_context(_process(home, worker, ["spark-class", WORKER, *local, *size, url]))
        until(lambda: len(re.findall("Registering worker", _log(home, "master"))) == 2, PATIENCE_SECONDS)
        yield url


@contextmanager
def connect_server(master: str) -> Iterator[str]:
    """Run a Spark Connect server that computes on a cluster; give its URL."""
    port = free_ports(1)[0]
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.ui.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.executor.memory": "900m",
    }
    options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    command = ["spark-submit", "--master", master, "--class", CONNECT, *options, "spark-internal"]
    with tempfile.TemporaryDirectory(prefix="swspark-") as name, _process(Path(name), "connect", command):
        until(lambda: "Spark Connect server started at" in _log(Path(name), "connect"), PATIENCE_SECONDS)
        yield f"sc://127.0.0.1:{port}"


def _log(home: Path, name: str) -> str:
    return (home / f"{name}.log").read_text()


@contextmanager
def _process(home: Path, name: str, command: list[str]) -> Iterator[None]:
    """Run a program of the package, its output in a file; end it with all that it started."""
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    kept = {each: os.environ[each] for each in ("PATH", "JAVA_HOME") if each in os.environ}
    environment = {
        **kept,
        "SPARK_HOME": str(package),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(home),
        "HOME": str(home),
    }
    with (home / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            [str(package / "bin" / command[0]), *command[1:]],
            env=environment,
            cwd=home,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
