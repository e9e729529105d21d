# SPDX-License-Identifier: Apache-2.0
"""The data plane: exchange.py decides (pure), server.py does (HTTP)."""
