"""Findings as SARIF 2.1.0, which GitHub, GitLab and editors show beside the lines.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any
from urllib.parse import quote

from obskit._lint._finding import Finding
from obskit._version import __version__

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PAGES = "https://obskit-k8s.readthedocs.io"


def log(findings: Sequence[Finding], checks: Mapping[str, ModuleType]) -> dict[str, Any]:
    """Return a SARIF log of one run; the levels of findings are those of SARIF.

    Args:
        findings: What was found.
        checks: Every check by its id; each is a rule of the log.
    """
    driver = {
        "name": "obskit",
        "version": __version__,
        "informationUri": _PAGES,
        "rules": [_rule(name, module) for name, module in checks.items()],
    }
    order = {name: index for index, name in enumerate(checks)}
    results = [_result(finding, order[finding.check]) for finding in findings]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _rule(name: str, module: ModuleType) -> dict[str, Any]:
    sentence = (module.__doc__ or "").strip().splitlines()[0]
    return {"id": name, "shortDescription": {"text": sentence}, "helpUri": f"{_PAGES}/checks/{name}"}


def _result(finding: Finding, index: int) -> dict[str, Any]:
    remedy = f"\n{finding.remedy}" if finding.remedy else ""
    return {
        "ruleId": finding.check,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": f"{finding.place}: {finding.message}{remedy}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.file)},
                    "region": {"startLine": finding.line, "endLine": max(finding.line, finding.last)},
                }
            }
        ],
    }
