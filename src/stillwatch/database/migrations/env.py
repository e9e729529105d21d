# SPDX-License-Identifier: Apache-2.0
"""What Alembic runs for every command: migrate over the connection, and in the transaction, that it is given."""

from alembic import context

from stillwatch.database.tables import METADATA

if hasattr(context, "config"):
    # Only Alembic gives a configuration; whoever else imports this file (the doctest collector) migrates nothing.
    context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
    with context.begin_transaction():
        context.run_migrations()
