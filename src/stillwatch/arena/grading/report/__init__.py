# SPDX-License-Identifier: Apache-2.0
"""The report as one page without scripts or outside files: HTML, and pictures in SVG drawn here."""
