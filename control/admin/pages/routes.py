"""All pages, for the application."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

from control.admin.pages import (
    account_pages,
    accounts_pages,
    audit_pages,
    editor_pages,
    keys_pages,
    login_pages,
    new_rollout_page,
    overview_pages,
    rollouts_pages,
    showrooms_pages,
    sign_on_pages,
    site_pages,
    sites_pages,
    upload_pages,
    version_pages,
    visits_pages,
)
from control.admin.pages.templating import FOLDER

ROUTERS: tuple[APIRouter, ...] = (
    login_pages.router,
    sign_on_pages.router,
    overview_pages.router,
    showrooms_pages.router,
    upload_pages.router,
    version_pages.router,
    editor_pages.router,
    sites_pages.router,
    site_pages.router,
    new_rollout_page.router,
    rollouts_pages.router,
    visits_pages.router,
    keys_pages.router,
    account_pages.router,
    accounts_pages.router,
    audit_pages.router,
)


def add_pages(app: FastAPI) -> None:
    """The pages and their files."""
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
