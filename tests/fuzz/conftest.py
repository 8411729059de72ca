"""How many examples the fuzzers try: a handful unless `--examples` says."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the number of made-up examples of each kind from the command line."""
    parser.addoption("--examples", type=int, default=10, help="made-up examples that each fuzzer tries")


def pytest_configure(config: pytest.Config) -> None:
    """Let hypothesis try as many examples as asked for, each bounded by its fuzzer."""
    examples = config.getoption("--examples", default=10)  # unknown where the tests of other folders run too
    settings.register_profile(
        "fuzz", deadline=None, max_examples=examples, suppress_health_check=list(HealthCheck), print_blob=True
    )
