"""What is wrong with the options of a command that a settings model reads."""

from __future__ import annotations

import sys

from pydantic import ValidationError


def tell_wrong_options(error: ValidationError, before: str) -> None:
    """A line on standard error for each, as ``before`` and the option's name; values, which may be secrets, are left
    out."""
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        name = "-".join(str(part) for part in item["loc"]).replace("_", "-")
        sys.stderr.write(f"{before}{name}: {item['msg']}\n")
