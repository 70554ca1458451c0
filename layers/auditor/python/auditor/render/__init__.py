"""The renderings of a report: pure functions from one Report to the text of a file, the same bytes every time."""
