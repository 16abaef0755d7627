"""Things that stand or hang in several places."""

from __future__ import annotations

from edge_render.demo.assembly import Assembly
from edge_render.demo.pictures import LEAFLET_RECTS
from edge_render.demo.solid import box, join, panel


def add_screen(
    parts: Assembly,
    name: str,
    width: float,
    height: float,
    rect: tuple[float, float, float, float],
    at: tuple[float, float, float],
    y_deg: float,
) -> None:
    """A lit screen in a thin frame; ``at`` is the middle of its back."""
    frame = box(width + 0.05, height + 0.05, 0.05, bevel=0.012, segments=2)
    parts.add(f"{name}-frame", "graphite", frame.turned(y_deg=y_deg).moved(*at))
    picture = panel(width, height, rect).moved(z=0.028).turned(y_deg=y_deg)
    parts.add(name, "screen", picture.moved(*at), own_uvs=True)


def add_leaflets(parts: Assembly, name: str, picture: int, at: tuple[float, float, float], y_deg: float = 0.0) -> None:
    """A leaning stack of leaflets in a holder; ``at`` is the middle of its foot."""
    stack = box(0.11, 0.2, 0.02, 0.002).moved(y=0.11)
    holder = join([box(0.13, 0.012, 0.09, 0.004).moved(y=0.006), box(0.13, 0.05, 0.006, 0.002).moved(0, 0.03, 0.028)])
    front = panel(0.108, 0.198, LEAFLET_RECTS[picture]).moved(0, 0.11, 0.0115)
    parts.add(f"{name}-holder", "walnut", holder.turned(y_deg=y_deg).moved(*at))
    parts.add(f"{name}-paper", "gloss", stack.turned(x_deg=-12).turned(y_deg=y_deg).moved(*at), color="white")
    parts.add(f"{name}-cover", "print", front.turned(x_deg=-12).turned(y_deg=y_deg).moved(*at), own_uvs=True)
