"""How much of the light from all around a surface reflects, by the cosine of the view and its roughness. Pure numpy.

The second half of the split sum (B. Karis, "Real shading in Unreal Engine 4", SIGGRAPH 2013) for GGX with the
height-correlated Smith term of glTF 2.0, appendix B, and the albedo of KHR_materials_sheen.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

SIZE = 64
_SAMPLES = 256


@cache
def brdf_table() -> NDArray[np.float32]:
    """(roughness, cosine, 3) float32, both from 0 to 1 at texel middles: scale and bias of the reflection at normal
    incidence, and the albedo of sheen of colour 1."""
    at = (np.arange(SIZE) + 0.5) / SIZE
    rows = [np.concatenate([_specular(at, roughness), _sheen(at, roughness)], axis=1) for roughness in at]
    result: NDArray[np.float32] = np.stack(rows).astype(np.float32)
    return result


def _specular(cosine: NDArray[np.float64], roughness: float) -> NDArray[np.float64]:
    alpha2 = roughness**4
    n_v = cosine[:, None]
    index = np.arange(_SAMPLES)
    share, turn = (index + 0.5) / _SAMPLES, 2.0 * np.pi * ((index * 0.6180339887498949) % 1.0)
    n_h2 = (1.0 - share) / (1.0 + (alpha2 - 1.0) * share)
    n_h = np.sqrt(n_h2)
    v_h = np.maximum(np.sqrt(1.0 - n_v**2) * np.sqrt(1.0 - n_h2) * np.cos(turn) + n_v * n_h, 0.0)
    n_l = 2.0 * v_h * n_h - n_v
    lit = n_l > 0.0
    n_l = np.maximum(n_l, 0.0)
    smith = n_l * np.sqrt(n_v**2 * (1.0 - alpha2) + alpha2) + n_v * np.sqrt(n_l**2 * (1.0 - alpha2) + alpha2)
    # The visibility term 0.5 / smith, times n_l, over the density D n_h / (4 v_h) of the samples.
    each = np.where(lit, 2.0 * n_l * v_h / (n_h * np.maximum(smith, 1e-9)), 0.0)
    fresnel = (1.0 - v_h) ** 5
    return np.stack([(each * (1.0 - fresnel)).mean(axis=1), (each * fresnel).mean(axis=1)], axis=1)


def _sheen(cosine: NDArray[np.float64], roughness: float) -> NDArray[np.float64]:
    inverse = 1.0 / max(roughness, 0.07) ** 2
    n_v = cosine[:, None]
    # Evenly over the hemisphere of light directions: the lobe is wide.
    index = np.arange(_SAMPLES * 4)
    n_l = (index + 0.5) / len(index)
    turn = 2.0 * np.pi * ((index * 0.6180339887498949) % 1.0)
    l_v = np.sqrt(1.0 - n_v**2) * np.sqrt(1.0 - n_l**2) * np.cos(turn) + n_v * n_l
    n_h = (n_l + n_v) / np.sqrt(np.maximum(2.0 + 2.0 * l_v, 1e-9))
    distribution = (2.0 + inverse) * np.maximum(1.0 - n_h**2, 0.0) ** (0.5 * inverse) / (2.0 * np.pi)
    visibility = 1.0 / (4.0 * (n_l + n_v - n_l * n_v))
    # That visibility lets more light out than comes in where it grazes.
    albedo = (distribution * visibility * n_l).mean(axis=1, keepdims=True) * (2.0 * np.pi)
    result: NDArray[np.float64] = np.minimum(albedo, 1.0)
    return result
