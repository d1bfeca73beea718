"""What the matchers of a selector take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

Labels = Mapping[str, str]


def operator(matcher: Any) -> str:
    """Return ``Equal``, ``NotEqual``, ``Re`` or ``NotRe``."""
    return str(matcher.op).rpartition(".")[2]


def takes(labels: Labels, name: str, operator: str, wanted: str) -> bool:
    """Return whether one matcher takes labels.

    Example:
        >>> takes({"le": "0.25"}, "le", "Re", "0.5|0.25"), takes({}, "error_type", "NotEqual", "")
        (True, False)
    """
    value = labels.get(name, "")
    if operator in ("Equal", "NotEqual"):
        return (value == wanted) == (operator == "Equal")
    return bool(_pattern(wanted).fullmatch(value)) == (operator == "Re")


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.DOTALL)
