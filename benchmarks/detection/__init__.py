"""How long from a fault to the webhook: real Prometheus and Alertmanager, many simulated services, random faults."""
