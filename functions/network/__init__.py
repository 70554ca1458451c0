"""The `network` family: ports by connection, from where the auditor stands."""
