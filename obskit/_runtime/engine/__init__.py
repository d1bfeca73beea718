"""The engine: records of all signals -> OTLP -> a queue bounded in bytes -> the sidecar."""
