"""The files of the Khronos validator's own tests: one mistake in each, with the validator's report beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge_render.errors import ModelError
from edge_render.findings import Finding, Severity
from edge_render.gltf.loader import examine_model, load_model
from tests.shared_assets import shared_models

CORPUS = shared_models("malformed") or [None]

ALSO = {
    "GLB_LENGTH_MISMATCH": "GLB_LENGTH_TOO_SMALL",
    "GLB_CHUNK_TOO_BIG": "GLB_LENGTH_TOO_SMALL",
    "GLB_UNEXPECTED_END_OF_CHUNK_HEADER": "GLB_LENGTH_TOO_SMALL",
    "GLB_UNEXPECTED_END_OF_CHUNK_DATA": "GLB_LENGTH_MISMATCH",
    "GLB_DUPLICATE_CHUNK": "GLB_UNEXPECTED_FIRST_CHUNK",
    "INVALID_JSON": "GLB_EMPTY_CHUNK",
    "TYPE_MISMATCH": "ARRAY_TYPE_MISMATCH",
    "BUFFER_BYTE_LENGTH_MISMATCH": "UNDEFINED_PROPERTY",
    "EMPTY_ENTITY": "UNDEFINED_PROPERTY",
    "ACCESSOR_MIN_MISMATCH": "ACCESSOR_ELEMENT_OUT_OF_MIN_BOUND",
    "ACCESSOR_MAX_MISMATCH": "ACCESSOR_ELEMENT_OUT_OF_MAX_BOUND",
}
"""What is told in place of it: the validator reads on where we stop, and tells the same thing twice."""


def codes(path: Path) -> set[str]:
    """Those of the validator's errors."""
    report = json.loads(path.with_name(f"{path.name}.report.json").read_text(encoding="utf-8"))
    return {message["code"] for message in report["issues"]["messages"] if message["severity"] == 0}


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path and f"{path.parent.name}/{path.name}")
def test_what_the_validator_calls_an_error_is_told_and_all_else_is_loaded(path: Path | None) -> None:
    if path is None:
        pytest.skip("the corpus lies beside the repository, in shared/assets/malformed, and is not there")
    examined = examine_model(path, name="test")
    scene, findings = examined.scene, examined.findings
    told = {finding.code for finding in findings if finding.severity is not Severity.WARNING}
    wanted = codes(path)
    assert {code for code in wanted if code not in told and ALSO.get(code) not in told} == set()
    if not wanted:
        assert told == set()
        assert scene is not None
    assert (scene is None) == any(finding.severity is Severity.ERROR for finding in findings)
    assert all(well_told(finding, path) for finding in findings)


def well_told(finding: Finding, path: Path) -> bool:
    return finding.file == path.name and len(finding.message) >= len("is missing") and str(finding).isprintable()


def test_an_error_is_raised_with_the_file_and_the_place() -> None:
    if CORPUS == [None]:
        pytest.skip("the corpus lies beside the repository, in shared/assets/malformed, and is not there")
    path = next(path for path in CORPUS if path is not None and path.name == "unresolved_positions.gltf")
    with pytest.raises(
        ModelError, match=r"^unresolved_positions.gltf: meshes\[0\].primitives\[0\].attributes.POSITION"
    ):
        load_model(path, name="test")
