"""Files that tell a client where the API server is and who it is itself. JSON, as that is YAML too."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cluster.certificates import Certificate


@dataclass(frozen=True, slots=True)
class Kubeconfigs:
    """Writes them for one API server, into its folder."""

    folder: Path
    server: str
    authority_file: Path

    def for_certificate(self, name: str, certificate: Certificate) -> Path:
        """For a user by certificate."""
        user = {
            "client-certificate-data": _data(certificate.file),
            "client-key-data": _data(certificate.key_file),
        }
        return self._write(name, self._content(name, user, "default"))

    def for_token(self, name: str, token: str, namespace: str) -> Path:
        """For a service account."""
        return self._write(name, self.text_for_token(name, token, namespace))

    def text_for_token(self, name: str, token: str, namespace: str) -> str:
        """What such a file holds."""
        return self._content(name, {"token": token}, namespace)

    def _content(self, name: str, user: dict[str, Any], namespace: str) -> str:
        cluster = {"server": self.server, "certificate-authority-data": _data(self.authority_file)}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": "test", "user": name, "namespace": namespace}}],
            "current-context": name,
        }
        return json.dumps(content, indent=1)

    def _write(self, name: str, content: str) -> Path:
        file = self.folder / f"{name}.kubeconfig"
        file.touch(mode=0o600)
        file.write_text(content)
        return file


def _data(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
