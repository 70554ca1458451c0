"""Adapters: the only code that talks to AWS. Each takes its client as an argument and retries only its own calls."""
