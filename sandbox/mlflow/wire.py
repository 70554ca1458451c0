"""How MLflow words requests and answers: parameters, filters, errors, pages."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.fargate.serving import Reply, Request

NOT_FOUND = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and "
    "try again.</p>\n"
)
NOT_ALLOWED = (
    "<!doctype html>\n<html lang=en>\n<title>405 Method Not Allowed</title>\n<h1>Method Not Allowed</h1>\n"
    "<p>The method is not allowed for the requested URL.</p>\n"
)
_MOST_RESULTS = 50_000
_CLAUSE = re.compile(r"\s*name\s+(?:(=)|(LIKE))\s+'([^']*)'\s*", re.IGNORECASE)

Asked = Mapping[str, Any]
Call = tuple[str, Callable[[Asked], dict[str, Any]]]
"""The methods that a path takes, and what answers."""


class RefusedError(Exception):
    """An error as MLflow words it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.reply = error_reply(status, code, message)


def parameters(request: Request) -> Asked:
    """Of the query of a GET, or of the JSON body of any other."""
    if request.method == "GET":
        return dict(request.parameters)
    try:
        document = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def found(document: dict[str, Any]) -> Reply:
    """A good answer."""
    text = json.dumps(document, indent=2) if document else "{}"
    return Reply(status=200, body=text.encode(), kind="application/json")


def error_reply(status: int, code: str, message: str) -> Reply:
    """MLflow's error."""
    body = json.dumps({"error_code": code, "message": message}).encode()
    return Reply(status=status, body=body, kind="application/json")


def needed(asked: Asked, name: str) -> str:
    """A required parameter."""
    value = asked.get(name)
    if value in (None, ""):
        see = "See the API docs for more information about request parameters."
        text = f"Missing value for required parameter '{name}'. {see}"
        raise RefusedError(400, "INVALID_PARAMETER_VALUE", text)
    return str(value)


def max_results(value: object) -> int:
    """The parameter of this name."""
    text = str(value)
    if not text.isdecimal():
        raise RefusedError(400, "INVALID_PARAMETER_VALUE", f"Invalid value \"{value}\" for parameter 'max_results'")
    limit = int(text)
    if not 0 < limit <= _MOST_RESULTS:
        must = f"at most {_MOST_RESULTS}" if limit else "a positive integer"
        text = f"Invalid value {limit} for parameter 'max_results' supplied. It must be {must}"
        raise RefusedError(400, "INVALID_PARAMETER_VALUE", text)
    return limit


def name_filter(text: str) -> Callable[[str], bool]:
    """Of MLflow's filters the two that ask for a name."""
    if not text:
        return lambda _: True
    clause = _CLAUSE.fullmatch(text)
    if clause is None:
        raise RefusedError(400, "INVALID_PARAMETER_VALUE", f"Invalid clause(s) in filter string: {text}")
    equal, _, pattern = clause.groups()
    if equal:
        return pattern.__eq__
    like = re.compile("".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern), re.DOTALL)
    return lambda name: like.fullmatch(name) is not None
