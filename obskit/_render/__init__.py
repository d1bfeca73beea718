"""From a project and the catalogue to ``{path: text}``, without touching the disk."""
