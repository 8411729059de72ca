"""A Chromium, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.support import ARGUMENTS, NEEDED, chromium, is_needed


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """This machine's Chromium, without a window."""
    found = chromium()
    if found is None:
        reason = "there is no Chromium on this machine (apt-get install chromium)"
        if is_needed():
            pytest.fail(f"{reason}, and {NEEDED}=1 says there must be")
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()
