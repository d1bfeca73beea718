"""``python -m tools.demo``: break a sharded shop and measure how long until its alert arrives."""
