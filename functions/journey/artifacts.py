"""Where the artifacts of a run lie, as far as MLflow itself serves them: pure."""

import re
from urllib.parse import urlsplit

_ROUTE = "/api/2.0/mlflow-artifacts/artifacts/"
_PATH = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,500}")


def served_root(uri: str, run: str) -> str:
    """The path of a run's artifacts below MLflow's own route, without slashes around it; empty if they lie elsewhere.

    A path without the run's own id is nobody's in particular, and nothing is ever written or taken away there.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    if parts.scheme == "mlflow-artifacts":
        path = parts.path
    elif parts.scheme in ("http", "https") and _ROUTE in parts.path:
        path = parts.path.partition(_ROUTE)[2]
    else:
        return ""
    path = path.strip("/")
    return path if run and run in path.split("/") and _PATH.fullmatch(path) else ""
