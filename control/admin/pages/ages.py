"""How long ago something was, for people."""

from __future__ import annotations

from control.admin.pages.page import Page

_MINUTE_S, _HOUR_S, _DAY_S = 60.0, 3600.0, 86400.0


def age_text(page: Page, at: float) -> str:
    """``3 min ago``, in the page's language; what is to come, by another clock, is now."""
    age_s = page.parts.now() - at
    if age_s < _MINUTE_S:
        return page.text("age.now")
    if age_s < _HOUR_S:
        return page.text("age.minutes", count=int(age_s / _MINUTE_S))
    if age_s < 2 * _DAY_S:
        return page.text("age.hours", count=int(age_s / _HOUR_S))
    return page.text("age.days", count=int(age_s / _DAY_S))
