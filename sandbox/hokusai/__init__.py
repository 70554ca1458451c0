"""The Hokusai data pipeline as it stands in the sandbox: real small servers behind the names of its catalogue."""
