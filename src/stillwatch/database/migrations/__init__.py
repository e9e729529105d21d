# SPDX-License-Identifier: Apache-2.0
"""The migrations, run by ``database.upgrade``. A migration that has been released is never edited."""
