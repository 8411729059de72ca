"""Text: measured, fitted, wrapped, drawn literally."""

from __future__ import annotations

import numpy as np
import pytest

from netviz.drawing.text import Typefaces, fit, mask, missing_letters_note, width, wrap

FACES = Typefaces.make()


def test_figures_have_one_width() -> None:
    widths = {round(width(text, FACES.figures, 30), 3) for text in ("0.00", "1.11", "9.47", "8,88")}
    assert len(widths) == 1


def test_a_text_that_fits_keeps_its_size() -> None:
    assert fit("xor", FACES.words, 20, 500, 10) == ("xor", 20)


def test_no_text_fits_where_there_is_no_room() -> None:
    assert fit("", FACES.words, 20, -5, 10) == ("", 20)


def test_a_long_text_shrinks_and_then_is_cut() -> None:
    text, size = fit("a rather long name", FACES.words, 20, 120, 10)
    assert text == "a rather long name"
    assert 10 <= size < 20
    assert width(text, FACES.words, size) <= 120
    text, size = fit("a rather long name", FACES.words, 20, 50, 18)
    assert text.endswith("…")
    assert width(text, FACES.words, size) <= 50


def test_wrapping_breaks_evenly() -> None:
    lines, size = wrap("The third column does not matter. Can it find out?", FACES.words, 20, 320, 10)
    assert size == 20
    assert len(lines) == 2
    assert " ".join(lines) == "The third column does not matter. Can it find out?"
    assert abs(len(lines[0]) - len(lines[1])) < 12


@pytest.mark.parametrize("text", ["$x^2$", "$", "$$", r"\frac{1}{2}", "a_b^c", "50 %", "{x}"])
def test_signs_of_mathematics_are_drawn_as_they_are(text: str) -> None:
    letters = sum(width(letter, FACES.words, 30) for letter in text)
    assert width(text, FACES.words, 30) == pytest.approx(letters, rel=0.2)
    assert mask(text, FACES.words, 30).alpha.any()


def test_a_mask_is_placed_by_the_middle_of_its_capitals() -> None:
    drawn = mask("H", FACES.words, 60)
    assert drawn.top == pytest.approx(drawn.alpha.shape[0] / 2, abs=1.5)
    assert mask(" ", FACES.words, 60).alpha.size == 0


def test_letters_of_the_fallback_are_drawn_without_a_warning() -> None:
    assert missing_letters_note(["Ω ≈ ∇"], FACES) is None
    assert mask("∇", FACES.words, 30).alpha.any()


def test_letters_that_no_typeface_has_are_told() -> None:
    assert "日" in (missing_letters_note(["日本"], FACES) or "")
    assert np.isfinite(mask("日", FACES.words, 30).width)
