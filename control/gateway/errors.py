"""What can go wrong at a gateway.

GatewayError
 +-- Refused             a visitor does not get what was asked for; says the HTTP answer
 +-- RendererUnreachable a renderer did not answer, or not as one does
 +-- GatewayStartError   it can't start with these settings; the message says what to change
"""

from __future__ import annotations


class GatewayError(Exception):
    """Base of the errors of this package."""


class Refused(GatewayError):
    """Answered with ``status`` and the text of ``code`` (see control/http_face/errors)."""

    def __init__(self, status: int, code: str, detail: str = "", retry_after_s: int | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.status, self.code, self.detail, self.retry_after_s = status, code, detail, retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}


class RendererUnreachable(GatewayError):
    """The message says why; the renderer may be gone, or be there again in a moment."""


class GatewayStartError(GatewayError):
    """The message says what to change."""
