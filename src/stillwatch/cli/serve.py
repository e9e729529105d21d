# SPDX-License-Identifier: Apache-2.0
"""``stillwatch serve``: the gateway and its control process, until told to stop."""

import typer

from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, load
from stillwatch.service.supervisor import supervise

app = typer.Typer()


@app.command()
def serve(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the gateway and its control process in the foreground.

    SIGTERM or Ctrl-C drains: no new request is taken, answers under way are finished, the record is closed.

    Example: stillwatch serve --config stillwatch.toml
    """
    load(config)  # A mistake in the file is told here, once, rather than by every process.
    raise typer.Exit(supervise(config.resolve()))
