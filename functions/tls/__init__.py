"""The `tls` family: what a client meets that begins TLS somewhere: version, certificate, a demand for its own."""
