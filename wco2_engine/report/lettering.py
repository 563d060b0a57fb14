"""The words in a figure, in the language of the page, where there is a font for them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from wco2_engine.language import ENGLISH, spoken, translated

# Fonts with simplified Chinese that systems and office programs bring, plain ones first.
_CHINESE = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei"),
    *("WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC", "STHeiti"),
    *("Noto Sans CJK JP", "Droid Sans Fallback", "Arial Unicode MS", "SimSun"),
)


def letter(figure: Any) -> bool:
    """Translate the words of a figure, each by itself.

    Returns
    -------
    Whether that could be done; False leaves them English, because there is no font.
    """
    if spoken() == ENGLISH:
        return True
    font = chinese_font()
    if font is None:
        return False
    from matplotlib.text import Text

    for words in figure.findobj(Text):
        told = translated(words.get_text())
        if told != words.get_text():
            words.set_text(told)
            words.set_fontfamily([font, "DejaVu Sans"])
    return True


@lru_cache
def chinese_font() -> str | None:
    """The name of a font with Chinese characters; None where this machine has none."""
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    return next((name for name in _CHINESE if name in there), None)
