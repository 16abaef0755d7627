"""The OpenGL context on EGL, without a window: the only place that knows devices and drivers.

A hardware device (NVIDIA first) is taken where there is one, else Mesa's software renderer (llvmpipe).
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import moderngl
import psutil
import structlog

from edge_render.errors import RendererError
from edge_render.gl.calls import GlCalls

log = structlog.get_logger(__name__)

DeviceChoice = Literal["auto", "hardware", "software"]

OPENGL_VERSION = 330
INSTALL_HINT = (
    "Install the EGL loader and a driver: on Debian and Ubuntu `apt-get install libegl1 libgl1 libgl1-mesa-dri` "
    "(software drawing on the CPU), or NVIDIA's driver with its EGL libraries "
    "(in a container: NVIDIA_DRIVER_CAPABILITIES must contain 'graphics')."
)
_EGL_LIBRARY = "libEGL.so.1"
_GL_LIBRARIES = ("libGL.so.1", "libOpenGL.so.0")
_EGL_EXTENSIONS = 0x3055
_DEVICES_MAX = 64
_MEMORY_QUERIES = (("GL_NVX_gpu_memory_info", 0x9047), ("GL_ATI_meminfo", 0x87FC))
"""Both in KiB: GPU_MEMORY_INFO_DEDICATED_VIDMEM_NVX, TEXTURE_FREE_MEMORY_ATI (the first of its values)."""
SOFTWARE_MEMORY_PART = 4
_SOFTWARE_NAMES = ("llvmpipe", "softpipe", "swrast", "swiftshader")


@dataclass(frozen=True, slots=True)
class EglDevice:
    """A device that EGL offers; ``index`` is its place in the driver's list."""

    index: int
    extensions: frozenset[str]

    @property
    def software(self) -> bool:
        return "EGL_MESA_device_software" in self.extensions

    @property
    def rank(self) -> int:
        """Which to try first: NVIDIA, then other hardware, then software."""
        if "EGL_NV_device_cuda" in self.extensions:
            return 0
        return 2 if self.software else 1


class _Egl:
    """The few EGL calls that are needed beside moderngl's own."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(_EGL_LIBRARY)
        except OSError as error:
            raise RendererError(f"no EGL on this machine ({error}). {INSTALL_HINT}") from error
        get_proc_address = self._library.eglGetProcAddress
        get_proc_address.restype, get_proc_address.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
        self._get_proc_address = get_proc_address
        current = self._library.eglGetCurrentContext
        current.restype, current.argtypes = ctypes.c_void_p, []
        self._current = current

    def address_of(self, name: str) -> int:
        """Address of an EGL or OpenGL entry point, 0 where there is none."""
        return int(self._get_proc_address(name.encode()) or 0)

    def current_context(self) -> int:
        """The context that is current on this thread, 0 where none is."""
        return int(self._current() or 0)

    def devices(self) -> list[EglDevice]:
        """All devices in the driver's order. Raises RendererError where EGL can't list them."""
        query_address = self.address_of("eglQueryDevicesEXT")
        string_address = self.address_of("eglQueryDeviceStringEXT")
        if not query_address or not string_address:
            raise RendererError(f"EGL can't list its devices (EGL_EXT_device_enumeration). {INSTALL_HINT}")
        pointers = ctypes.POINTER(ctypes.c_void_p)
        query = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, pointers, ctypes.POINTER(ctypes.c_int))(query_address)
        string = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int)(string_address)
        found = (ctypes.c_void_p * _DEVICES_MAX)()
        count = ctypes.c_int()
        if not query(_DEVICES_MAX, found, ctypes.byref(count)):
            raise RendererError(f"EGL can't list its devices. {INSTALL_HINT}")
        return [
            EglDevice(index, frozenset((string(found[index], _EGL_EXTENSIONS) or b"").decode().split()))
            for index in range(count.value)
        ]


def _gl_library() -> str:
    for name in _GL_LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return name
    raise RendererError(f"no OpenGL library on this machine ({' or '.join(_GL_LIBRARIES)}). {INSTALL_HINT}")


class GlContext:
    """An OpenGL context without a window, current on the thread that opened it.

    ``moderngl`` makes objects; ``calls`` draws and waits without holding the interpreter lock.
    """

    def __init__(self, context: Any, egl: _Egl) -> None:
        self.moderngl = context
        self.calls = GlCalls(egl.address_of)
        self._egl = egl
        self._id = egl.current_context()
        self._closed = False
        self.renderer_name: str = context.info["GL_RENDERER"]
        self.version: str = context.info["GL_VERSION"]
        self.software: bool = any(name in self.renderer_name.lower() for name in _SOFTWARE_NAMES)
        self.memory_bytes: int | None = self._device_memory_bytes()
        """What the device has, None where it does not tell; a part of the machine's for who draws on the CPU."""

    def _device_memory_bytes(self) -> int | None:
        if self.software:
            return psutil.virtual_memory().total // SOFTWARE_MEMORY_PART
        found = (ctypes.c_int * 4)()
        for extension, name in _MEMORY_QUERIES:
            if extension in self.moderngl.extensions:
                self.calls.get_integer(name, ctypes.addressof(found))
                return int(found[0]) * 1024
        return None

    @classmethod
    def open(cls, device: DeviceChoice = "auto") -> Self:
        """Open a context on the best device; ``device`` narrows the choice.

        Raises RendererError, which says what to install, where none works.
        """
        egl = _Egl()
        library = _gl_library()
        candidates = sorted(egl.devices(), key=lambda candidate: candidate.rank)
        if device != "auto":
            candidates = [candidate for candidate in candidates if candidate.software == (device == "software")]
        failures = []
        libraries: dict[str, Any] = {"libegl": _EGL_LIBRARY, "libgl": library}
        for candidate in candidates:
            try:
                options: dict[str, Any] = {"backend": "egl", "device_index": candidate.index, **libraries}
                context = moderngl.create_context(require=OPENGL_VERSION, standalone=True, **options)
            except Exception as error:  # noqa: BLE001 - glcontext and moderngl raise bare Exception
                failures.append(f"device {candidate.index}: {error}")
                continue
            opened = cls(context, egl)
            log.info(
                "gl_context_opened",
                renderer=opened.renderer_name,
                version=opened.version,
                device=candidate.index,
                software=opened.software,
                devices_passed_over=failures,
            )
            return opened
        what = "no EGL device" if device == "auto" else f"no {device} EGL device"
        raise RendererError(f"{what} can draw ({'; '.join(failures) or 'none found'}). {INSTALL_HINT}")

    @property
    def description(self) -> str:
        return f"{self.renderer_name}, OpenGL {self.version}"

    def make_current(self) -> None:
        """Make this the context of the calling thread; costs nothing where it is already."""
        if self._egl.current_context() != self._id:
            self.moderngl.__enter__()

    def close(self) -> None:
        """Free the context. Its objects must have been released before."""
        if not self._closed:
            self._closed = True
            self.moderngl.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def use_egl_for_pyopengl() -> None:
    """Have PyOpenGL, which pyrender draws with, use EGL instead of a window system. Before it is imported."""
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
