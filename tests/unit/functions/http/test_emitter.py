"""Who wrote an answer: the fingerprints of the audited platform, and honesty about everything else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.http.emitter import identify
from functions.http.facts import Emitter

ALB_503 = (
    b"<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n</body>\r\n</html>\r\n"
)
WERKZEUG_404 = b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
NGINX_502 = b"<html><body>\r\n<hr><center>nginx/1.27</center>\r\n</body>\r\n</html>\r\n"


@pytest.mark.parametrize(
    ("status", "headers", "body", "emitter", "evidence"),
    [
        (404, {"server": "awselb/2.0"}, b"Not Found", Emitter.LOAD_BALANCER, "awselb"),
        (503, {"server": "awselb/2.0"}, ALB_503, Emitter.LOAD_BALANCER, "awselb"),
        (200, {"server": "uvicorn"}, b"hello", Emitter.SERVICE, "uvicorn"),
        (404, {}, WERKZEUG_404, Emitter.SERVICE, "Werkzeug"),
        (404, {"server": "Werkzeug/3.0 Python/3.11"}, b"no", Emitter.SERVICE, "Werkzeug"),
        (200, {"server": "gunicorn/21.2.0"}, b"", Emitter.SERVICE, "gunicorn"),
        (404, {}, b'{"detail":"Not Found"}', Emitter.SERVICE, "FastAPI"),
        (422, {"server": "uvicorn"}, b'{"detail":[{"loc":["query"]}]}', Emitter.SERVICE, "FastAPI"),
        (502, {"server": "uvicorn"}, b'{"detail":"Failed to connect"}', Emitter.PROXY, "gateway status"),
        (502, {"server": "nginx/1.27"}, NGINX_502, Emitter.PROXY, "nginx's own"),
        (
            503,
            {"server": "envoy"},
            b"upstream connect error or disconnect/reset before headers",
            Emitter.PROXY,
            "Envoy",
        ),
        (503, {"server": "CloudFront"}, b"", Emitter.PROXY, "CloudFront"),
        (500, {"x-amzn-errortype": "InternalServerErrorException"}, b"{}", Emitter.PROXY, "API Gateway"),
        (200, {"server": "nginx/1.27"}, b"<h1>Welcome</h1>", Emitter.UNKNOWN, "nginx"),
        (404, {"server": "nginx"}, b'{"detail":"Not Found"}', Emitter.SERVICE, "FastAPI"),
        (200, {}, b'{"detail":"a page that is fine"}', Emitter.UNKNOWN, "no known"),
        (500, {}, b"boom", Emitter.UNKNOWN, "no known"),
        (404, {"server": "my-awselb/2.0"}, b"", Emitter.UNKNOWN, "no known"),
    ],
)
def test_fingerprints(status: int, headers: dict[str, str], body: bytes, emitter: Emitter, evidence: str) -> None:
    found, why = identify(status, headers, body)
    assert found is emitter
    assert evidence.lower() in why.lower()


@settings(max_examples=60)
@given(
    st.integers(),
    st.dictionaries(st.sampled_from(["server", "x-amzn-errortype", "content-type", "via"]), st.text()),
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(st.text(), st.lists, max_leaves=4).map(lambda d: json.dumps({"detail": d}).encode()),
)
def test_it_is_total_and_its_evidence_is_our_own_words(status: int, headers: dict[str, str], body: bytes) -> None:
    emitter, evidence = identify(status, headers, body)
    assert emitter in Emitter
    assert 0 < len(evidence) < 120
    assert evidence.isascii()
