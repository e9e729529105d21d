# SPDX-License-Identifier: Apache-2.0
"""The families of evidence that run."""

from stillwatch.detection.facets.attestation import Attestation
from stillwatch.detection.facets.client import Client
from stillwatch.detection.facets.complementarity import Complementarity
from stillwatch.detection.facets.content import Content
from stillwatch.detection.facets.coverage import Coverage
from stillwatch.detection.facets.elicitation import Elicitation
from stillwatch.detection.facets.infrastructure import Infrastructure
from stillwatch.detection.facets.inheritance import Inheritance
from stillwatch.detection.facets.pivot import Pivot
from stillwatch.detection.facets.rate import Rate
from stillwatch.detection.facets.signup import Signup
from stillwatch.detection.facets.training import Training
from stillwatch.detection.interface import FacetFamily

FAMILIES: tuple[FacetFamily, ...] = (
    Content(),
    Rate(),
    Infrastructure(),
    Signup(),
    Client(),
    Attestation(),
    Elicitation(),
    Complementarity(),
    Coverage(),
    Inheritance(),
    Pivot(),
    Training(),
)
