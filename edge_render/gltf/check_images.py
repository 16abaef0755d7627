"""Images: each has one source, and its bytes are of a kind that can be drawn (glTF 2.0, section 3.8.3).

Only their structure is read here, which tells truncated files and sizes beyond the limits; the loader decodes them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge_render.findings import FindingLog, printable
from edge_render.gltf.format import Gltf
from edge_render.gltf.format_textures import ImagePart
from edge_render.gltf.image_structure import ImageError, media_type_of, read_structure
from edge_render.gltf.limits import IMAGE_SIDE_MAX, REFERENCED_MAX_BYTES
from edge_render.gltf.uris import UriError, is_remote, read_uri
from edge_render.gltf.usage import Usage

_TYPES: Final = ("image/png", "image/jpeg", "image/webp", "image/avif", "image/ktx2")


def check_images(
    path: Path, gltf: Gltf, is_glb: bool, view_bytes: Callable[[int], bytes], usage: Usage, log: FindingLog
) -> dict[int, bytes]:
    """Log what is wrong with images and textures; an error where the image is shown, else a defect.

    Gives the coded bytes of images with a URI that are shown, by index: reading them again would take as long.
    """
    shown: dict[int, bytes] = {}
    bytes_left = REFERENCED_MAX_BYTES
    for index, image in enumerate(gltf.images):
        place = f"images[{index}]"
        if (image.uri is None) == (image.buffer_view is None):
            log.error(place, "needs either a uri or a bufferView", "ONE_OF_MISMATCH")
            continue
        data = _bytes(path.parent, place, image, is_glb, view_bytes, log)
        bytes_left -= 0 if data is None else len(data)
        if bytes_left < 0:
            log.error(place, f"all images together have more than {REFERENCED_MAX_BYTES} bytes", "TOO_MUCH_DATA")
            return shown
        if data is not None:
            _check_content(place, image, data, usage.images.get(index), log)
            if image.uri is not None and index in usage.images:
                shown[index] = data
        elif index in usage.images:
            log.error(place, f"is shown by {usage.images[index]}, but there are no bytes", "IO_ERROR")
    for index, image in enumerate(gltf.images):
        view = image.buffer_view
        if view is not None and gltf.buffer_views[view].byte_stride is not None:
            message = "a buffer view with an image must have no byteStride; ignored"
            log.defect(f"images[{index}].bufferView", message, "IMAGE_BUFFER_VIEW_WITH_BYTESTRIDE")
    for index, texture in enumerate(gltf.textures):
        if texture.image is None:
            log.warning(f"textures[{index}]", "has no image, so nothing is shown", "TEXTURE_WITHOUT_IMAGE")
    return shown


def _bytes(
    folder: Path, place: str, image: ImagePart, is_glb: bool, view_bytes: Callable[[int], bytes], log: FindingLog
) -> bytes | None:
    """None where an error was logged, or where it lies in the network."""
    if image.buffer_view is not None:
        if image.mime_type is None:
            message = "mimeType is missing; told by its first bytes"
            log.defect(f"{place}.mimeType", message, "UNSATISFIED_DEPENDENCY")
        return view_bytes(image.buffer_view)
    assert image.uri is not None, "one of the two is given"
    try:
        resource = read_uri(folder, image.uri)
    except UriError as error:
        (log.warning if is_remote(image.uri) else log.error)(f"{place}.uri", str(error), error.code)
        return None
    if resource.media_type is not None:
        if is_glb:
            log.warning(f"{place}.uri", "inline data in a GLB file makes it a third larger", "DATA_URI_GLB")
        if resource.media_type not in _TYPES:
            message = f"'{printable(resource.media_type)}' is no type of image in glTF; told by its first bytes"
            log.defect(f"{place}.uri", message, "INVALID_URI")
        _check_type(f"{place}.uri", resource.media_type, resource.data, log)
    return resource.data


def _check_content(place: str, image: ImagePart, data: bytes, used_by: str | None, log: FindingLog) -> None:
    if image.mime_type is not None:
        if image.mime_type not in _TYPES:
            message = f"'{printable(image.mime_type)}' is no type of image in glTF"
            log.warning(f"{place}.mimeType", message, "VALUE_NOT_IN_LIST")
        _check_type(f"{place}.mimeType", image.mime_type, data, log)
    shown = f" (shown by {used_by})" if used_by else "; nothing shows it"
    tell = log.error if used_by else log.defect
    try:
        structure = read_structure(data)
    except ImageError as error:
        tell(place, f"{error}{shown}", error.code)
        return
    if structure is None:
        tell = log.error if used_by else log.warning
        tell(place, f"is no PNG, JPEG, WebP, AVIF or KTX2{shown}", "IMAGE_UNRECOGNIZED_FORMAT")
    elif max(structure.width, structure.height) > IMAGE_SIDE_MAX:
        message = f"{structure.width}x{structure.height} pixels; a side may have {IMAGE_SIDE_MAX}{shown}"
        tell(place, message, "IMAGE_TOO_LARGE")


def _check_type(place: str, said: str, data: bytes, log: FindingLog) -> None:
    found = media_type_of(data)
    if found is not None and found != said and said in _TYPES:
        log.defect(place, f"says {said}, but is {found}; drawn as what it is", "IMAGE_MIME_TYPE_INVALID")
