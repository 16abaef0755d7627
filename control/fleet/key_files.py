"""How a gateway's key is written down, as files of a folder or items of a Secret."""

from __future__ import annotations

import json
from typing import Final

from joserfc.jwk import KeySet, OKPKey

PRIVATE: Final = "private.jwk"
"""For gateways only."""
PUBLIC: Final = "public.jwks"
"""For renderers."""


def key_files(key: OKPKey) -> dict[str, str]:
    """Both texts (RFC 7517) by their names."""
    return {
        PRIVATE: json.dumps(key.as_dict(private=True)),
        PUBLIC: json.dumps(KeySet([key]).as_dict(private=False)),
    }
