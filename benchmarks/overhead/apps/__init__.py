"""The services under test; they run in the environment of each contestant, so nothing here needs more than it has."""
