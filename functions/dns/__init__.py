"""The `dns` family: does a name resolve as declared, asked by raw query, and if not, who says so."""
