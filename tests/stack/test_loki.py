"""LogQL before a real Loki: what our parser says of a query is what Loki says."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from logql_corpus import ACCEPTED, REFUSED, STRICTER, mutated

from obskit.logql import LogQLError, parse, text_of
from tools.stack.servers import Loki

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def complaint(
    program: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], str]]:
    """A function from a query to what Loki has against it, "" where it runs it."""
    with Loki(program("loki"), tmp_path_factory.mktemp("loki")) as loki:
        yield lambda query: _said(loki.url, "format_query", query) or _of_stage(_said(loki.url, "query_range", query))


def _said(url: str, endpoint: str, query: str) -> str:
    now = int(time.time())
    form = urllib.parse.urlencode({"query": query, "start": now - 60, "end": now, "step": 60})
    try:
        with urllib.request.urlopen(f"{url}/loki/api/v1/{endpoint}", form.encode(), timeout=30):
            return ""
    except urllib.error.HTTPError as error:
        return error.read().decode()


def _of_stage(said: str) -> str:
    """What is wrong with a stage; what Loki is configured not to run, or trips over, is no matter of the language."""
    return said if said.startswith("parse error : stage ") else ""


def ours(query: str) -> str:
    try:
        parse(query)
    except LogQLError as error:
        return str(error)
    return ""


def test_loki_says_of_every_query_what_is_recorded(complaint: Callable[[str], str]) -> None:
    assert {query: said for query in ACCEPTED if (said := complaint(query))} == {}
    assert [query for query in REFUSED if not complaint(query)] == []


def test_loki_runs_what_we_refuse_for_a_reason_of_our_own(complaint: Callable[[str], str]) -> None:
    assert {one["query"]: said for one in STRICTER if (said := complaint(one["query"]))} == {}


def test_loki_reads_what_we_write(complaint: Callable[[str], str]) -> None:
    assert {query: said for query in ACCEPTED if (said := complaint(text_of(parse(query))))} == {}


def test_of_changed_queries_loki_says_what_we_say(complaint: Callable[[str], str]) -> None:
    verdicts: Counter[str] = Counter()

    @settings(max_examples=600, derandomize=True, database=None)
    @given(mutated())
    def agree(query: str) -> None:
        its, our = complaint(query), ours(query)
        verdicts["refused" if its else "accepted"] += 1
        if bool(its) != bool(our):
            assert any(re.search(one["says"], our) for one in STRICTER), (query, its or our)

    agree()
    assert min(verdicts["accepted"], verdicts["refused"]) >= 50, verdicts
