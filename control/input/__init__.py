"""From the visitor's messages to the camera."""

from control.input.decoder import InputDecoder
from control.input.navigation import Navigator, Place, WalkSpace

__all__ = ["InputDecoder", "Navigator", "Place", "WalkSpace"]
