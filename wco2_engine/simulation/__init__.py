"""A simulated study with a known truth, to try everything on."""
