# SPDX-License-Identifier: Apache-2.0
"""Ids, as types of their own so that one cannot stand where another belongs."""

from typing import NewType

ExchangeId = NewType("ExchangeId", str)
OrgId = NewType("OrgId", str)
AccountId = NewType("AccountId", str)
KeyId = NewType("KeyId", str)
CampaignId = NewType("CampaignId", str)
CaseId = NewType("CaseId", str)
DecisionId = NewType("DecisionId", str)
