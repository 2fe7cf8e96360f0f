"""Settings for all tests."""

import os

from hypothesis import settings

# Small tensors on busy cores: torch's threads would wait for each other. Set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Same examples in every run; two busy cores must not fail a test by being slow.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("steady")
