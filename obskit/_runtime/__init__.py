"""What ``obskit.init()`` starts inside a service."""
