"""The log of a function: structured lines by powertools, with the stage on each."""

from aws_lambda_powertools import Logger


def make_logger(service: str) -> Logger:
    """A JSON logger; what is logged are transitions and the auditor's own trouble, never an observation."""
    return Logger(service=service)
