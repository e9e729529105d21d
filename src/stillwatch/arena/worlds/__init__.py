# SPDX-License-Identifier: Apache-2.0
"""Labelled access logs composed from a description of a world, without any request being sent."""
