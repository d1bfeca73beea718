"""What a cell of the matrix came to, and whether that is as promised."""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.reliability.names import AT_IMPORT
from tools.reliability.running import BUDGET, HANGS
from tools.reliability.servers import EXACT, KILLED, REQUESTS, Server

#: Seconds that a stop may take longer than its budget.
GRACE = 1.0
#: Times that a parent that forked and waits may send metrics: what was new before it forked.
_PARENT_SENDS = 1
#: Seconds beyond which a stop without obskit is an accident that nothing may be compared with.
_ACCIDENT = 10.0


@dataclass(frozen=True)
class Outcome:
    """What a cell came to.

    Args:
        code: Exit code of the server.
        seconds: Seconds that it took to stop.
        tracebacks: Tracebacks that it printed.
        figures: What arrived, by name.
        output: What it printed; nobody records that.
    """

    code: int
    seconds: float
    tracebacks: int
    figures: dict[str, int] = field(default_factory=dict)
    output: str = ""


def faults(server: Server, name: str, found: Outcome | str, bare: Outcome | str) -> list[str]:
    """Return what of a cell is not as promised."""
    if isinstance(found, str) or isinstance(bare, str):
        return [text for text in (found, bare) if isinstance(text, str)]
    wrong = [f"it takes {bare.seconds:.0f} s without obskit"] if is_accident(bare) else []
    if found.code != bare.code:
        wrong.append(f"exit code {found.code} instead of {bare.code}")
    if found.tracebacks != bare.tracebacks:
        wrong.append(f"{found.tracebacks} tracebacks instead of {bare.tracebacks}")
    if name == EXACT:
        return wrong + _not_exact(server, found.figures)
    if name == KILLED:
        return wrong + _not_told(found.figures)
    return wrong + ([f"{found.seconds - bare.seconds:.1f} s longer"] if is_late(found, bare) else [])


def counted(figures: dict[str, int]) -> int:
    """Return what the counter of orders must come to."""
    return REQUESTS + AT_IMPORT * figures["imports"]


def is_accident(bare: Outcome | str) -> bool:
    """Whether nothing may be compared with a run without obskit."""
    return isinstance(bare, str) or bare.seconds > _ACCIDENT


def does_hang(found: Outcome | str) -> bool:
    """Whether a server had to be killed since it did not stop."""
    return not isinstance(found, str) and found.seconds >= HANGS


def is_late(found: Outcome | str, bare: Outcome | str) -> bool:
    """Whether a stop took longer than it may."""
    if isinstance(found, str) or isinstance(bare, str):
        return False
    return round(found.seconds - bare.seconds, 1) > BUDGET + GRACE  # uWSGI looks at the clock once a second


def _not_exact(server: Server, figures: dict[str, int]) -> list[str]:
    wanted = {"spans": REQUESTS, "distinct": REQUESTS, "logs": REQUESTS, "histogram": REQUESTS}
    wanted["counter"] = counted(figures)
    if server.imports:
        wanted["imports"] = server.imports
    wrong = [f"{name} {figures[name]} of {number}" for name, number in wanted.items() if figures[name] != number]
    sent = figures.get("parent", 0)
    return wrong + ([f"the idle parent sent {sent} times"] if sent > _PARENT_SENDS else [])


def _not_told(figures: dict[str, int]) -> list[str]:
    wrong = []
    if figures["arrived"] != figures["sent"]:
        wrong.append(f"{figures['arrived']} of {figures['sent']} orders outside the outage")
    if figures["told"] != figures["lost"]:
        wrong.append(f"{figures['told']} spans told of {figures['lost']} lost")
    return wrong
