"""What the scenes of a showroom.json have in common, whatever their type. docs/package-format.md tells it in prose."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,63}$"
HTTPS_PATTERN = r"^https://"

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Metres = Annotated[float, Field(ge=-10_000.0, le=10_000.0, allow_inf_nan=False)]
Position = tuple[Metres, Metres, Metres]
Unit = Annotated[float, Field(ge=0.0, le=100.0, allow_inf_nan=False)]
Color = tuple[Unit, Unit, Unit]


def _inside(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value:
        raise ValueError("must be a relative path inside the package")
    return value


PackagePath = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_inside)]


def ending_in(suffixes: tuple[str, ...]) -> AfterValidator:
    """For the path of a file of one of these kinds."""

    def check(value: str) -> str:
        if PurePosixPath(value).suffix.lower() not in suffixes:
            raise ValueError(f"must be one of {', '.join(suffixes)}")
        return value

    return AfterValidator(check)


class ManifestModel(BaseModel):
    """camelCase in the file; an unknown field is an error, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)


class Text(ManifestModel):
    """A text in both languages of the viewer."""

    en: Annotated[str, Field(min_length=1, max_length=4000)]
    zh: Annotated[str, Field(min_length=1, max_length=4000)]


class Narration(ManifestModel):
    """Heard once while a card is open. ``volume`` is a factor."""

    file: PackagePath
    volume: Annotated[float, Field(gt=0.0, le=4.0, allow_inf_nan=False)] = 1.0


class OpenCard(ManifestModel):
    """Show a card over the picture."""

    type: Literal["card"]
    title: Text
    body: Text
    facts: tuple[tuple[Text, Text], ...] = Field(default=(), max_length=20)
    link: Annotated[str, Field(pattern=HTTPS_PATTERN, max_length=500)] | None = None
    audio: Narration | None = None


class FadeOver(ManifestModel):
    """The picture of the new scene comes over that of the old one."""

    type: Literal["fade"] = "fade"
    ms: Annotated[float, Field(gt=0.0, le=5000.0, allow_inf_nan=False)] = 400.0


class Cut(ManifestModel):
    """The next picture is one of the new scene."""

    type: Literal["cut"]


class GoToScene(ManifestModel):
    """Lead the visitor to another scene of the package."""

    type: Literal["scene"]
    scene: Name
    entry: Name | None = None
    transition: Annotated[FadeOver | Cut, Field(discriminator="type")] = FadeOver()


Action = Annotated[OpenCard | GoToScene, Field(discriminator="type")]


class SceneAudio(ManifestModel):
    """What is heard in a scene: music, narration, the murmur of a hall. ``volume`` is a factor."""

    file: PackagePath
    loop: bool = True
    volume: Annotated[float, Field(gt=0.0, le=4.0, allow_inf_nan=False)] = 1.0
    title: Text | None = None
