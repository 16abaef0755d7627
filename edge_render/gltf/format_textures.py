"""Images, samplers, textures and how materials refer to them (glTF 2.0, sections 3.8 and 5.24, 5.26, 5.29, 5.30)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edge_render.gltf.format_types import Finite, Index, Part, Vector2


class ImagePart(Part):
    name: str | None = None
    uri: str | None = None
    mime_type: str | None = None
    buffer_view: Index | None = None


class Sampler(Part):
    mag_filter: Literal[9728, 9729] | None = None
    min_filter: Literal[9728, 9729, 9984, 9985, 9986, 9987] | None = None
    wrap_s: Literal[33071, 33648, 10497] = 10497
    wrap_t: Literal[33071, 33648, 10497] = 10497


class TextureSource(Part):
    """KHR_texture_basisu, EXT_texture_webp, EXT_texture_avif: an image that takes the place of the texture's own."""

    source: Index | None = None


class TextureExtensions(Part):
    basisu: TextureSource | None = Field(None, alias="KHR_texture_basisu")
    webp: TextureSource | None = Field(None, alias="EXT_texture_webp")
    avif: TextureSource | None = Field(None, alias="EXT_texture_avif")


class TexturePart(Part):
    name: str | None = None
    source: Index | None = None
    sampler: Index | None = None
    extensions: TextureExtensions = TextureExtensions()

    def sources(self) -> dict[str, int]:
        """The images that it names, the one to take first, by where the file says so."""
        named = {
            "extensions.KHR_texture_basisu.source": self.extensions.basisu,
            "extensions.EXT_texture_avif.source": self.extensions.avif,
            "extensions.EXT_texture_webp.source": self.extensions.webp,
        }
        found = {place: part.source for place, part in named.items() if part is not None and part.source is not None}
        return found if self.source is None else {**found, "source": self.source}

    @property
    def image(self) -> int | None:
        """The image to show; None where there is none, which glTF 2.0 allows (section 3.8.2)."""
        return next(iter(self.sources().values()), None)


class TextureTransform(Part):
    """KHR_texture_transform. ``rotation`` is in radians."""

    offset: Vector2 = (0.0, 0.0)
    rotation: Finite = 0.0
    scale: Vector2 = (1.0, 1.0)
    tex_coord: Index | None = None
    """Takes the place of that of the texture info."""


class TextureInfoExtensions(Part):
    transform: TextureTransform | None = Field(None, alias="KHR_texture_transform")


class TextureInfo(Part):
    """A texture as a material uses it; also normalTextureInfo (``scale``) and occlusionTextureInfo (``strength``)."""

    index: Index
    tex_coord: Index = 0
    scale: Finite = 1.0
    strength: Finite = 1.0
    extensions: TextureInfoExtensions = TextureInfoExtensions()

    @property
    def uv_set(self) -> int:
        """n of the TEXCOORD_n that it is on."""
        transform = self.extensions.transform
        return self.tex_coord if transform is None or transform.tex_coord is None else transform.tex_coord
