"""THE registry of families: names only, so that whoever reads it imports nothing else."""

FAMILIES: tuple[str, ...] = (
    "http",
    "tls",
    "dns",
    "database",
    "cache",
    "network",
    "journey",
    "discovery",
    "compute",
    "configuration",
    "secrets",
    "queue",
    "load_balancer",
    "vpc",
    "logs",
    "test_suites",
)
