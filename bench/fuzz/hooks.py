"""What schemathesis is taught of the API, by SCHEMATHESIS_HOOKS: parts of uploads and batches are bytes."""

from __future__ import annotations

import schemathesis

schemathesis.serializer.alias("application/partial-upload", "application/octet-stream")
schemathesis.serializer.alias("application/vnd.edge-render.blobs", "application/octet-stream")
