"""The routes and inhibition rules of a project as the Prometheus operator's AlertmanagerConfig.

Source of its fields: prometheus-operator, pkg/apis/monitoring/v1alpha1/alertmanager_config_types.go. The operator adds
a matcher for the namespace of the object to every route, so alerts of packs with other namespaces need its strategy
``None``.
"""

from __future__ import annotations

import re
from typing import Any

from obskit._render import routing
from obskit.config.project import Notify, Project

_RECEIVER = "obskit"
_MATCHER = re.compile(r'(\w+)(=~|=)"(.*)"')


def resource(project: Project, notify: Notify, metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the object.

    Args:
        project: The parsed ``obskit.yaml``.
        notify: Whom to notify.
        metadata: Name, namespace and labels of the object.
    """
    own = {"receiver": _RECEIVER, "matchers": _matchers([f'service="{project.service.name}"'])}
    routes = [_route(route) for route in routing.routes(project)]
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": metadata,
        "spec": {
            "route": {**own, "routes": routes},
            "inhibitRules": [
                {
                    "sourceMatch": _matchers(rule["source_matchers"]),
                    "targetMatch": _matchers(rule["target_matchers"]),
                    "equal": rule["equal"],
                }
                for rule in routing.inhibitions(project)
            ],
            "receivers": [{"name": _RECEIVER, **_receiver(notify)}, _heartbeat(notify)],
        },
    }


def _route(route: dict[str, Any]) -> dict[str, Any]:
    made = {
        "receiver": route.get("receiver", _RECEIVER),
        "matchers": _matchers(route["matchers"]),
        "groupBy": route["group_by"],
        "groupWait": route["group_wait"],
        "groupInterval": route["group_interval"],
        "repeatInterval": route["repeat_interval"],
    }
    return made | ({"routes": [_route(inner) for inner in route["routes"]]} if "routes" in route else {})


def _matchers(texts: list[str]) -> list[dict[str, str]]:
    found = (_MATCHER.fullmatch(text) for text in texts)
    return [{"name": match[1], "matchType": match[2], "value": match[3]} for match in found if match]


def _heartbeat(notify: Notify) -> dict[str, Any]:
    """A receiver that sends nothing to anybody, unless somebody listens for heartbeats."""
    if not notify.heartbeat:
        return {"name": routing.HEARTBEAT}
    secret = {"name": notify.heartbeat.name, "key": notify.heartbeat.key}
    return {"name": routing.HEARTBEAT, "webhookConfigs": [{"sendResolved": False, "urlSecret": secret}]}


def _receiver(notify: Notify) -> dict[str, Any]:
    """Secrets by reference: nothing of them is in the object."""
    secret = {"name": notify.secret.name, "key": notify.secret.key}
    if notify.kind == "slack":
        return {"slackConfigs": [{"sendResolved": True, "apiURL": secret, "channel": notify.channel}]}
    if notify.kind == "pagerduty":
        return {"pagerdutyConfigs": [{"sendResolved": True, "routingKey": secret}]}
    return {"webhookConfigs": [{"sendResolved": True, "urlSecret": secret}]}
