"""Prometheus, Alertmanager, the OpenTelemetry Collector, Jaeger and Loki, configured for loopback."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tools.stack.process import Server, free_port


def get(url: str, **parameters: str) -> Any:
    """Return the JSON that a URL answers."""
    query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
    with urllib.request.urlopen(url + query, timeout=10) as response:  # noqa: S310 - ours, on loopback
        return json.load(response)


class Prometheus(Server):
    """Prometheus.

    Args:
        program: The binary.
        folder: Where its configuration and data go.
        rules: Rule files.
        alertmanager: ``host:port`` of Alertmanager, or "".
        scrape: Job -> target (``host:port``); their own labels win over the target's.
        targets: Job -> (``host:port``, path, interval) of targets that have those of their own.
        labels: Job -> labels of its target, as service discovery would give them.
        scrape_interval: Of those without.
        otlp: Whether it takes OTLP, which Prometheus 3 can.
        translation: Settings of its section ``otlp``: how it names and keeps what it takes.
    """

    def __init__(
        self,
        program: Path,
        folder: Path,
        *,
        rules: Sequence[Path] = (),
        alertmanager: str = "",
        scrape: Mapping[str, str] | None = None,
        targets: Mapping[str, tuple[str, str, str]] | None = None,
        labels: Mapping[str, Mapping[str, str]] | None = None,
        scrape_interval: str = "10s",
        evaluation_interval: str = "5s",
        otlp: bool = True,
        translation: Mapping[str, Any] | None = None,
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        configuration: dict[str, Any] = {
            "global": {"scrape_interval": scrape_interval, "evaluation_interval": evaluation_interval},
            "storage": {"tsdb": {"out_of_order_time_window": "1m"}},
            "rule_files": [str(path) for path in rules],
            "scrape_configs": [
                {
                    "job_name": job,
                    "honor_labels": True,
                    "static_configs": [{"targets": [target], "labels": dict((labels or {}).get(job, {}))}],
                }
                for job, target in (scrape or {}).items()
            ]
            + [
                {
                    "job_name": job,
                    "honor_labels": True,
                    "metrics_path": path,
                    "scrape_interval": interval,
                    "static_configs": [{"targets": [target]}],
                }
                for job, (target, path, interval) in (targets or {}).items()
            ],
        }
        if alertmanager:
            configuration["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
        if translation:
            configuration["otlp"] = dict(translation)
        path = folder / "prometheus.yaml"
        path.write_text(yaml.safe_dump(configuration), encoding="utf-8")
        super().__init__(
            [
                program,
                f"--config.file={path}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                *(["--web.enable-otlp-receiver"] if otlp else []),
                "--enable-feature=exemplar-storage",
                "--log.level=warn",
            ],
            folder / "prometheus.log",
            ready=f"{self.url}/-/ready",
        )

    def query(self, expr: str) -> list[dict[str, Any]]:
        """Return the result of an instant query: a list of ``metric`` and ``value``."""
        result: list[dict[str, Any]] = get(f"{self.url}/api/v1/query", query=expr)["data"]["result"]
        return result

    def number(self, expr: str) -> float:
        """Return the only value of a query, 0 when there is none."""
        found = self.query(expr)
        return float(found[0]["value"][1]) if found else 0.0


class Alertmanager(Server):
    """Alertmanager that sends everything to one webhook.

    Args:
        program: The binary.
        folder: Where its configuration and data go.
        webhook: URL that it posts to.
        routes: Routes below the root.
        inhibitions: Its inhibition rules.
    """

    def __init__(
        self,
        program: Path,
        folder: Path,
        *,
        webhook: str,
        routes: Sequence[Mapping[str, Any]] = (),
        inhibitions: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        folder.mkdir(parents=True, exist_ok=True)
        configuration = {
            "route": {"receiver": "webhook", "routes": list(routes)},
            "inhibit_rules": list(inhibitions),
            "receivers": [
                {"name": "webhook", "webhook_configs": [{"url": webhook, "send_resolved": False}]},
                {"name": "obskit-heartbeat"},  # who else would get what fires all the time
            ],
        }
        path = folder / "alertmanager.yaml"
        path.write_text(yaml.safe_dump(configuration), encoding="utf-8")
        super().__init__(
            [
                program,
                f"--config.file={path}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={self.address}",
                "--cluster.listen-address=",
                "--log.level=warn",
            ],
            folder / "alertmanager.log",
            ready=f"{self.url}/-/ready",
        )


class Collector(Server):
    """The OpenTelemetry Collector with a rendered configuration; ports and backends come from the environment.

    Args:
        program: The binary.
        config: The rendered ``otelcol.yaml``.
        folder: Where its queues and its log go.
        backends: ``prometheus``, ``jaeger_otlp``, ``loki`` -> URL.
    """

    def __init__(self, program: Path, config: Path, folder: Path, *, backends: Mapping[str, str]) -> None:
        http, grpc, health, own = (free_port() for _ in range(4))
        self.endpoint = f"http://127.0.0.1:{http}"
        self.metrics_url = f"http://127.0.0.1:{own}/metrics"
        environment = {
            "OBSKIT_COLLECTOR_DIR": str(folder / "queue"),
            "OBSKIT_OTLP_HTTP_PORT": str(http),
            "OBSKIT_OTLP_GRPC_PORT": str(grpc),
            "OBSKIT_COLLECTOR_HEALTH_PORT": str(health),
            "OBSKIT_COLLECTOR_METRICS_PORT": str(own),
            "OBSKIT_PROMETHEUS": backends["prometheus"],
            "OBSKIT_JAEGER_OTLP": backends["jaeger_otlp"],
            "OBSKIT_LOKI": backends["loki"],
        }
        super().__init__(
            [program, "--config", config],
            folder / "otelcol.log",
            ready=f"http://127.0.0.1:{health}/",
            environment=environment,
        )


class Jaeger(Server):
    """Jaeger with everything in memory.

    Args:
        program: The binary.
        folder: Where its configuration and log go.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        otlp, grpc, query, query_grpc, health = (free_port() for _ in range(5))
        self.url, self.otlp = f"http://127.0.0.1:{query}", f"http://127.0.0.1:{otlp}"
        folder.mkdir(parents=True, exist_ok=True)
        configuration = {
            "service": {
                "extensions": ["jaeger_storage", "jaeger_query", "healthcheckv2"],
                "pipelines": {
                    "traces": {"receivers": ["otlp"], "processors": ["batch"], "exporters": ["jaeger_storage_exporter"]}
                },
                "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
            },
            "extensions": {
                "jaeger_query": {
                    "storage": {"traces": "memory"},
                    "http": {"endpoint": f"127.0.0.1:{query}"},
                    "grpc": {"endpoint": f"127.0.0.1:{query_grpc}"},
                },
                "jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": 200_000}}}},
                "healthcheckv2": {"use_v2": True, "http": {"endpoint": f"127.0.0.1:{health}"}},
            },
            "receivers": {
                "otlp": {
                    "protocols": {
                        "grpc": {"endpoint": f"127.0.0.1:{grpc}"},
                        "http": {"endpoint": f"127.0.0.1:{otlp}"},
                    }
                }
            },
            "processors": {"batch": {}},
            "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
        }
        path = folder / "jaeger.yaml"
        path.write_text(yaml.safe_dump(configuration), encoding="utf-8")
        super().__init__([program, "--config", path], folder / "jaeger.log", ready=f"{self.url}/api/services")


class Loki(Server):
    """Loki as a single process on the file system.

    Args:
        program: The binary.
        folder: Where its configuration and data go.
        rules: Folder of the ruler's rule files, in it one for each tenant (``fake`` where there are none), or None.
        alertmanager: Where its ruler sends alerts.
    """

    def __init__(self, program: Path, folder: Path, *, rules: Path | None = None, alertmanager: str = "") -> None:
        port, grpc = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        configuration: dict[str, Any] = {
            "auth_enabled": False,
            "server": {
                "http_listen_address": "127.0.0.1",
                "http_listen_port": port,
                "grpc_listen_address": "127.0.0.1",
                "grpc_listen_port": grpc,
                "log_level": "warn",
            },
            "common": {
                "path_prefix": str(folder / "data"),
                "replication_factor": 1,
                "instance_addr": "127.0.0.1",
                "ring": {"kvstore": {"store": "inmemory"}},
                "storage": {
                    "filesystem": {
                        "chunks_directory": str(folder / "data/chunks"),
                        "rules_directory": str(folder / "data/rules"),
                    }
                },
            },
            "schema_config": {
                "configs": [
                    {
                        "from": "2024-01-01",
                        "store": "tsdb",
                        "object_store": "filesystem",
                        "schema": "v13",
                        "index": {"prefix": "index_", "period": "24h"},
                    }
                ]
            },
            "limits_config": {"allow_structured_metadata": True},
            "analytics": {"reporting_enabled": False},
        }
        if rules:
            configuration["ruler"] = {
                "storage": {"type": "local", "local": {"directory": str(rules)}},
                "rule_path": str(folder / "ruler"),
                "alertmanager_url": alertmanager,
                "enable_alertmanager_v2": True,
                "poll_interval": "10s",
            }
        path = folder / "loki.yaml"
        path.write_text(yaml.safe_dump(configuration), encoding="utf-8")
        super().__init__(
            [program, f"-config.file={path}"], folder / "loki.log", ready=f"{self.url}/ready", patience=120
        )
