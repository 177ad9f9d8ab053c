"""How the tests draw their random examples: anew on a developer's machine, always the same ones in CI."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: a slow machine is not a defect, and timings belong in benchmarks/.
settings.register_profile("default", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("default")
