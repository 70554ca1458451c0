"""Situations of the http family: real servers on loopback."""

from tests.fault_lab import http_answers, http_content, http_way

SITUATIONS = {**http_way.SITUATIONS, **http_answers.SITUATIONS, **http_content.SITUATIONS}
