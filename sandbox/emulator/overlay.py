"""What the control plane says beyond what MiniStack can say: set from outside, laid over its answers by the patches.

    PUT    /_sandbox/says/SUBJECT/NAME   a JSON document: from now on this is said of NAME
    DELETE /_sandbox/says/SUBJECT/NAME   MiniStack's own answer again
    GET    /_sandbox/says                everything that is laid over, by subject and name

NAME is the rest of the path, so that it can be an ARN. Who calls AWS's API still needs the permission for it: the
overlay changes answers only, behind IAM. A patch asks ``said(SUBJECT, NAME)`` while it answers, and says in its own
docstring which subject it knows and what the document looks like; a new subject needs nothing here. A reset of
MiniStack forgets everything.
"""

import json
from typing import Any
from urllib.parse import unquote

SAYS_PATH = "/_sandbox/says"

_said: dict[tuple[str, str], Any] = {}


def said(subject: str, name: str) -> Any:
    """What was set for a name, None where nothing was."""
    return _said.get((subject, name))


def forget() -> None:
    """Nothing is laid over any more."""
    _said.clear()


def control(method: str, path: str, body: bytes) -> tuple[int, Any]:
    """Serves a request of the paths above: status and document."""
    subject, _, name = unquote(path.removeprefix(SAYS_PATH).lstrip("/")).partition("/")
    if method == "GET":
        by_subject: dict[str, dict[str, Any]] = {}
        for (of, called), document in _said.items():
            by_subject.setdefault(of, {})[called] = document
        return 200, by_subject
    if not subject or not name or method not in ("PUT", "DELETE"):
        return 400, {"error": f"allowed are PUT and DELETE {SAYS_PATH}/SUBJECT/NAME, and GET {SAYS_PATH}"}
    if method == "DELETE":
        _said.pop((subject, name), None)
        return 200, {}
    try:
        _said[subject, name] = json.loads(body)
    except ValueError as error:
        return 400, {"error": f"the body is no JSON: {error}"}
    return 200, {}
