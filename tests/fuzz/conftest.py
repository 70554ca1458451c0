"""How thorough the fuzzers are within ``make test``: few examples, always the same; ``tests.fuzz.run`` tries many."""

from datetime import timedelta

from hypothesis import settings

settings.register_profile(
    "quick", max_examples=25, deadline=timedelta(seconds=10), derandomize=True, database=None, print_blob=False
)
settings.load_profile("quick")
