"""A small shop whose orders live in eight databases."""
