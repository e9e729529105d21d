# SPDX-License-Identifier: Apache-2.0
"""One thread for linear algebra, set before NumPy is imported.

The matrices here are small: several threads gain nothing, and on a busy machine they wait for each other longer than
they work (eight seconds instead of half a second for the arena's teacher).
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from hypothesis import HealthCheck, settings  # noqa: E402 - after the environment is set

# How long a busy machine takes to draw an example says nothing about the code under test.
settings.register_profile("stillwatch", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("stillwatch")
