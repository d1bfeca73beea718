"""Every tag that a Jaeger search asks for is one that spans or their process carry."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit import catalogue
from obskit._checks._finding import Finding, nearest, one_line
from obskit._checks._rendered import Rendered

ID = "trace-tag"

_TAG = re.compile(r'([^\s="]+)=(?:"(?:[^"\\]|\\.)*"|\S*)')


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every tag that no span has."""
    spans = {v.name for m in catalogue.TOPICS.values() for v in vars(m).values() if isinstance(v, catalogue.Attribute)}
    resource = {*catalogue.telemetry.TARGET_INFO.labels}
    for text in rendered.texts:
        for tag in _TAG.findall(text.query) if text.source == "jaeger" else ():
            if tag not in spans and tag.replace(".", "_") not in resource:
                yield Finding(
                    text.place, f"no span has the tag {tag}, in: {one_line(text.written)}", ID, nearest(tag, spans)
                )
