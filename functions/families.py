"""THE registry of families: names only, so that whoever reads it imports nothing else."""

FAMILIES: tuple[str, ...] = ("http", "database", "dns", "discovery", "compute", "configuration", "journey")
