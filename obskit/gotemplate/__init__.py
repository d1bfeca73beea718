"""Templates of Go's ``text/template``, which Prometheus fills annotations with and Loki lines: whether one parses."""
