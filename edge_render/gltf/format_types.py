"""The kinds of values that glTF JSON is made of (glTF 2.0, section 3.1), as strict types."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, Field, Strict
from pydantic.alias_generators import to_camel

Index = Annotated[int, Field(ge=0, le=2**31)]
Count = Annotated[int, Field(ge=1, le=2**31)]
ByteOffset = Annotated[int, Field(ge=0, le=2**32)]
ByteLength = Annotated[int, Field(ge=1, le=2**32)]

Finite = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]

# JSON has arrays only; they become tuples, whose items stay strict. The first bad item of an array is all that is told:
# a list of a million errors would be a way to exhaust the memory.
_Item = TypeVar("_Item")
Array = Annotated[tuple[_Item, ...], Strict(False), FailFast()]
Vector2 = Annotated[tuple[Finite, Finite], Strict(False)]
Vector3 = Annotated[tuple[Finite, Finite, Finite], Strict(False)]
Vector4 = Annotated[tuple[Finite, Finite, Finite, Finite], Strict(False)]
Color3 = Annotated[tuple[Unit, Unit, Unit], Strict(False)]
Color4 = Annotated[tuple[Unit, Unit, Unit, Unit], Strict(False)]
Matrix4 = Annotated[tuple[Finite, ...], Strict(False), Field(min_length=16, max_length=16)]
"""Column by column."""


class Part(BaseModel):
    """An object of the file. What it has beyond the fields of its class is left out."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, alias_generator=to_camel)


class Empty(Part):
    """An object whose presence says all."""
