"""Log lines without secrets."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from control.log_format import configure_logging
from control.log_redaction import HIDDEN, RedactingFormatter, redact_event, redact_text

SECRET = "s3cr3t-value-of-32-characters-xx"


@pytest.mark.parametrize(
    "event",
    [
        {"password": SECRET},
        {"Authorization": f"Bearer {SECRET}"},
        {"headers": {"Set-Cookie": f"x={SECRET}"}},
        {"form": [{"client_secret": SECRET}, {"code_verifier": SECRET}]},
        {"access_token": SECRET, "csrf_token": SECRET, "code": SECRET},
        {"token": [SECRET]},
        {"event": f"asked with ert_{SECRET} again"},
        {"event": f"GET /login/oidc/callback?state=1&code={SECRET}&iss=x"},
        {"url": f"postgresql://admin:{SECRET}@db/admin"},
        {"sent": f"authorization: bearer {SECRET}".encode()},
        {"error": ValueError(f"edge_render_session={SECRET}; Path=/")},
        {"token": SECRET.encode()},
    ],
)
def test_what_is_secret_by_name_or_look_is_hidden(event: dict[str, object]) -> None:
    told = repr(redact_event(None, "info", event))
    assert SECRET not in told
    assert HIDDEN in told


@pytest.mark.parametrize(
    "event",
    [
        {"event": "version-published", "state": "draft", "showroom": "branch", "version": 7, "digest": "0" * 64},
        {"tokens": 3, "token": 4, "url": "https://admin.example/audit?action=x", "code": 200, "reason": None},
        {"path": "/edge/v1/order", "took_s": 0.25, "sites": ["a", "b"]},
    ],
)
def test_all_else_stays(event: dict[str, object]) -> None:
    assert redact_event(None, "info", event) == event


@given(st.text())
def test_any_text_goes_through(text: str) -> None:
    assert redact_text(redact_text(text)) == redact_text(text)


def test_libraries_lines_are_redacted_too() -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(RedactingFormatter(logging.BASIC_FORMAT))
    handler.handle(logging.makeLogRecord({"msg": "Authorization: Bearer %s", "args": (SECRET,), "name": "x"}))
    assert lines.getvalue() == f"Level None:x:Authorization: Bearer {HIDDEN}\n" or SECRET not in lines.getvalue()


def test_tracebacks_have_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()

    def fail(password: str) -> None:
        raise ValueError(len(password))

    try:
        fail(SECRET)
    except ValueError:
        structlog.get_logger().exception("failed")
    told = capsys.readouterr().err
    assert SECRET not in told
    assert json.loads(told)["exception"][0]["exc_type"] == "ValueError"
