"""Series of the programs that a service stands on, as versioned data: what platform packs may use."""
