"""What arrives when real servers fork, stop and lose their sidecar: the matrix of docs/reliability.md."""
