"""How often statistical alerts fire over traffic in which nothing is wrong, and how many faults they find in time."""
