"""The plugin's icon."""

from __future__ import annotations

from pathlib import Path

ICON = str(Path(__file__).with_name("wco2.svg"))
