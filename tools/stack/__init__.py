"""The real servers of the demo and the tests, each started on loopback and stopped with its block."""

from tools.stack.servers import Alertmanager, Collector, Jaeger, Loki, Prometheus

__all__ = ["Alertmanager", "Collector", "Jaeger", "Loki", "Prometheus"]
