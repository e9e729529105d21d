# SPDX-License-Identifier: Apache-2.0
"""What it means: exchanges in, findings about accounts and campaigns out."""
