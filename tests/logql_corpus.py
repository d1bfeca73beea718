"""LogQL with Loki's verdicts, for the tests that ask a real Loki and for those that need none."""

from __future__ import annotations

import re
from pathlib import Path

import hypothesis.strategies as st
import yaml

_CORPUS = yaml.safe_load(Path(__file__).with_name("logql.yaml").read_text(encoding="utf-8"))
ACCEPTED: list[str] = _CORPUS["accepted"]
REFUSED: list[str] = _CORPUS["refused"]
#: What Loki runs and we refuse.
STRICTER: list[dict[str, str]] = _CORPUS["stricter"]

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|\w+|\s+|[|!=<>~]+|.', re.DOTALL)
_PIECES = sorted({piece for query in ACCEPTED + REFUSED for piece in _PIECE.findall(query)})


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """An accepted query with a piece or two left out, put in, replaced or moved."""
    pieces = _PIECE.findall(draw(st.sampled_from(ACCEPTED)))
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(pieces)))
        change = draw(st.sampled_from(["drop", "insert", "replace", "move"]))
        piece = draw(st.sampled_from(_PIECES))
        if change == "move":
            piece = draw(st.sampled_from(pieces or [""]))
        pieces[at : at + (change in ("drop", "replace"))] = [] if change == "drop" else [piece]
    return "".join(pieces)
