"""What a page's route works with: who looks, in which language, and how to answer.

A route asks for ``CurrentPage`` (who is not logged in is sent to the login) or ``OpenPage`` (anybody), and returns
``page.show(…)`` or, after a form was taken, ``page.go(…)`` (303). Where a form is refused, ``page.show(…,
error=error)`` shows it again with the reason, and the error's status.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from control.admin.access import csrf
from control.admin.access.actor import Actor, Role
from control.admin.access.authentication import CurrentSignedIn, OptionalSignedIn, SignedIn
from control.admin.errors import AdminError, TooManyTries
from control.admin.pages import texts
from control.admin.pages.flash import Flash, find_flash, forget_flash, leave_flash
from control.admin.pages.languages import TAGS, language_of
from control.admin.pages.navigation import items_for
from control.admin.pages.templating import templates
from control.admin.parts import AdminParts, Parts


class Page:
    """One request for a page."""

    def __init__(self, request: Request, parts: AdminParts, who: SignedIn | None) -> None:
        self.request = request
        self.parts = parts
        self.who = who
        self.language = language_of(request, parts.settings, who.language if who else None)

    @property
    def actor(self) -> Actor:
        """Who looks; of a CurrentPage."""
        assert self.who is not None, "an OpenPage may have nobody"
        return self.who.actor

    def text(self, key: str, **values: object) -> str:
        """What ``key`` says in the page's language."""
        return texts.text(self.language, key, **values)

    def said(self, error: AdminError) -> str:
        """What went wrong, for people."""
        if error.text is None:
            return str(error)
        values = error.values.items()
        said = {name: self.text(f"role.{it.word}") if isinstance(it, Role) else it for name, it in values}
        return self.text(error.text, **said)

    def show(
        self, template: str, *, status: int = HTTPStatus.OK, error: AdminError | None = None, **values: object
    ) -> HTMLResponse:
        """The page. ``error``: why a form was not taken."""
        flash = find_flash(self.request, self.parts.settings)
        body = (
            templates()
            .get_template(template)
            .render(
                t=self.text,
                has_text=texts.has_text,
                texts_of=partial(texts.texts_of, self.language),
                language=self.language,
                language_tag=TAGS[self.language],
                who=self.who,
                navigation=items_for(self.who.actor.role) if self.who else [],
                path=self.request.url.path,
                here=self._here(),
                csrf_field=csrf.FIELD,
                csrf_token=self.who.session.csrf_token if self.who and self.who.session else "",
                flash=self._flashed(flash),
                error=self.said(error) if error else None,
                **values,
            )
        )
        headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyTries) else None
        response = HTMLResponse(body, error.status if error else status, headers)
        response.headers["Cache-Control"] = "no-store"
        if flash is not None:
            forget_flash(response, self.parts.settings)
        return response

    def go(self, path: str, flash: str | None = None, **values: object) -> RedirectResponse:
        """On to another page, which shows the text ``flash`` once."""
        response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
        if flash is not None:
            kept = {name: str(value) for name, value in values.items()}
            leave_flash(response, self.parts.settings, Flash(flash, kept))
        return response

    def _here(self) -> str:
        """Where the language's form leads back to: a page that can be asked for by its address."""
        url = self.request.url
        if self.request.method not in csrf.SAFE_METHODS:
            return url.path.rpartition("/")[0] or "/"
        return f"{url.path}?{url.query}" if url.query else url.path

    def _flashed(self, flash: Flash | None) -> str | None:
        if flash is None:
            return None
        try:
            return self.text(flash.key, **flash.values)
        except KeyError:
            # The cookie is the browser's to change.
            return None


def own_path(path: str) -> str:
    """A path of this server to go on to, whatever was sent; else the start (no open redirect)."""
    plain = all(32 < ord(char) < 127 for char in path)
    return path if plain and path.startswith("/") and path[1:2] not in ("/", "\\") and "\\" not in path else "/"


def _current(request: Request, parts: Parts, who: CurrentSignedIn) -> Page:
    return Page(request, parts, who)


def _open(request: Request, parts: Parts, who: OptionalSignedIn) -> Page:
    return Page(request, parts, who)


CurrentPage = Annotated[Page, Depends(_current)]
OpenPage = Annotated[Page, Depends(_open)]
