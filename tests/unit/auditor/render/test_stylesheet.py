"""The style sheet: texts can be read by everybody (WCAG 2 AA), in the light and in the dark."""

import pytest

from auditor.domain.observation import Phase
from auditor.render.stylesheet import DARK, LIGHT, stylesheet


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_contrasts_with_what_it_stands_on(palette: dict[str, str]) -> None:
    for ink in ("ink", "soft", "link", "down", "degraded", "unknown", "healthy"):
        for ground in ("paper", "panel"):
            assert contrast(palette[ink], palette[ground]) >= 4.5, (ink, ground)
    for verdict in ("down", "degraded"):
        assert contrast(palette[f"on-{verdict}"], palette[verdict]) >= 4.5, verdict


def test_the_two_palettes_name_the_same_colours_and_every_phase_has_one() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert all(f".p-{phase}{{fill:" in stylesheet() for phase in Phase)


def test_braces_balance() -> None:
    depth = 0
    for character in stylesheet():
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
