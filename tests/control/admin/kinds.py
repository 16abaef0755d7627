"""For tests of the whole application: on which databases and blob stores they run."""

from __future__ import annotations

import pytest

on_both_storages = pytest.mark.parametrize("settings", ["sqlite-folder", "postgresql-s3"], indirect=True)
"""A test so marked runs twice: its ``settings``, ``client`` and ``parts`` use PostgreSQL and S3 the second time."""
