# SPDX-License-Identifier: Apache-2.0
"""Where exchange logs are read from."""
