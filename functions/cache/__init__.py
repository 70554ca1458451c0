"""Redis and Valkey over the wire."""
