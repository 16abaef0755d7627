"""OpenGL entry points through ctypes, which releases the interpreter lock while a call runs.

moderngl holds the lock in every call. Mesa's software driver does the vertex work inside draw calls and
the rest inside glFinish, so drawing through moderngl would stop every other thread of the process (the
event loop that sends the video among them) for the whole frame. moderngl makes and frees the objects;
all that may take long goes through here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from edge_render.errors import RendererError

NO_ERROR = 0
POINTS = 0x0000
LINES = 0x0001
TRIANGLES = 0x0004
TRIANGLE_STRIP = 0x0005
ZERO = 0
ONE = 1
ONE_MINUS_SRC_ALPHA = 0x0303
SRC1_COLOR = 0x88F9
CONSTANT_ALPHA = 0x8003
ONE_MINUS_CONSTANT_ALPHA = 0x8004
CW = 0x0900
CCW = 0x0901
LEQUAL = 0x0203
LESS = 0x0201
CULL_FACE = 0x0B44
DEPTH_TEST = 0x0B71
BLEND = 0x0BE2
POLYGON_OFFSET_FILL = 0x8037
SAMPLE_ALPHA_TO_COVERAGE = 0x809E
UNSIGNED_BYTE = 0x1401
UNSIGNED_INT = 0x1405
RED = 0x1903
RGB = 0x1907
RGBA = 0x1908
RGB16F = 0x881B
RGBA8 = 0x8058
HALF_FLOAT = 0x140B
COLOR_BUFFER_BIT = 0x4000
DEPTH_BUFFER_BIT = 0x0100
LINEAR = 0x2601
NEAREST = 0x2600
LINEAR_MIPMAP_NEAREST = 0x2701
LINEAR_MIPMAP_LINEAR = 0x2703
TEXTURE_MAG_FILTER = 0x2800
TEXTURE_MIN_FILTER = 0x2801
TEXTURE_WRAP_S = 0x2802
TEXTURE_WRAP_T = 0x2803
TEXTURE_MAX_LEVEL = 0x813D
REPEAT = 0x2901
CLAMP_TO_EDGE = 0x812F
TEXTURE_2D = 0x0DE1
TEXTURE_3D = 0x806F
TEXTURE_2D_ARRAY = 0x8C1A
TEXTURE_CUBE_MAP = 0x8513
TEXTURE_CUBE_MAP_POSITIVE_X = 0x8515
TEXTURE_CUBE_MAP_SEAMLESS = 0x884F
TEXTURE0 = 0x84C0
INT = 0x1404
FLOAT = 0x1406
RGBA32F = 0x8814
R32I = 0x8235
ARRAY_BUFFER = 0x8892
ELEMENT_ARRAY_BUFFER = 0x8893
COPY_WRITE_BUFFER = 0x8F37
TEXTURE_BUFFER = 0x8C2A
UNIFORM_BUFFER = 0x8A11
FRAMEBUFFER = 0x8D40
READ_FRAMEBUFFER = 0x8CA8
DRAW_FRAMEBUFFER = 0x8CA9
PACK_ALIGNMENT = 0x0D05
UNPACK_ALIGNMENT = 0x0CF5
UNPACK_ROW_LENGTH = 0x0CF2

_INT, _UINT, _FLOAT, _PTR, _BYTE = ctypes.c_int, ctypes.c_uint, ctypes.c_float, ctypes.c_void_p, ctypes.c_ubyte
_Call = Callable[..., object]


class GlCalls:
    """The entry points that drawing needs, bound for the context that is current.

    Arguments are plain integers and floats as in the OpenGL 3.3 reference; pointers are addresses.
    Raises RendererError where the driver lacks one.
    """

    def __init__(self, address_of: Callable[[str], int]) -> None:
        def bind(name: str, *arguments: type, result: type | None = None) -> Callable[..., int]:
            address = address_of(name)
            if not address:
                raise RendererError(f"the OpenGL driver has no {name}; it must offer OpenGL 3.3 or newer")
            # CFUNCTYPE (unlike PYFUNCTYPE) releases the interpreter lock during the call.
            return ctypes.CFUNCTYPE(result, *arguments)(address)

        self.get_error: Callable[[], int] = bind("glGetError", result=_UINT)
        self.get_integer: _Call = bind("glGetIntegerv", _UINT, _PTR)
        self.flush: _Call = bind("glFlush")
        self.finish: _Call = bind("glFinish")
        self.enable: _Call = bind("glEnable", _UINT)
        self.disable: _Call = bind("glDisable", _UINT)
        self.viewport: _Call = bind("glViewport", _INT, _INT, _INT, _INT)
        self.front_face: _Call = bind("glFrontFace", _UINT)
        self.depth_func: _Call = bind("glDepthFunc", _UINT)
        self.depth_mask: _Call = bind("glDepthMask", _BYTE)
        self.color_mask: _Call = bind("glColorMask", _BYTE, _BYTE, _BYTE, _BYTE)
        self.blend_func: _Call = bind("glBlendFunc", _UINT, _UINT)
        self.blend_color: _Call = bind("glBlendColor", *[_FLOAT] * 4)
        self.polygon_offset: _Call = bind("glPolygonOffset", _FLOAT, _FLOAT)
        self.clear_color: _Call = bind("glClearColor", _FLOAT, _FLOAT, _FLOAT, _FLOAT)
        self.clear: _Call = bind("glClear", _UINT)
        self.bind_framebuffer: _Call = bind("glBindFramebuffer", _UINT, _UINT)
        self.blit_framebuffer: _Call = bind("glBlitFramebuffer", *[_INT] * 8, _UINT, _UINT)
        self.use_program: _Call = bind("glUseProgram", _UINT)
        self.bind_vertex_array: _Call = bind("glBindVertexArray", _UINT)
        self.active_texture: _Call = bind("glActiveTexture", _UINT)
        self.bind_texture: _Call = bind("glBindTexture", _UINT, _UINT)
        self.bind_buffer_base: _Call = bind("glBindBufferBase", _UINT, _UINT, _UINT)
        self.bind_buffer_range: _Call = bind(
            "glBindBufferRange", _UINT, _UINT, _UINT, ctypes.c_ssize_t, ctypes.c_ssize_t
        )
        self.draw_arrays: _Call = bind("glDrawArrays", _UINT, _INT, _INT)
        self.draw_arrays_instanced: _Call = bind("glDrawArraysInstanced", _UINT, _INT, _INT, _INT)
        self.multi_draw_elements: _Call = bind("glMultiDrawElements", _UINT, _PTR, _UINT, _PTR, _INT)
        self.draw_elements_instanced: _Call = bind("glDrawElementsInstanced", _UINT, _INT, _UINT, _PTR, _INT)
        self.point_size: _Call = bind("glPointSize", _FLOAT)
        self.uniform_int: _Call = bind("glUniform1i", _INT, _INT)
        self.bind_buffer: _Call = bind("glBindBuffer", _UINT, _UINT)
        self.buffer_sub_data: _Call = bind("glBufferSubData", _UINT, ctypes.c_ssize_t, ctypes.c_ssize_t, _PTR)
        self.gen_vertex_arrays: _Call = bind("glGenVertexArrays", _INT, _PTR)
        self.delete_vertex_arrays: _Call = bind("glDeleteVertexArrays", _INT, _PTR)
        self.vertex_attrib_pointer: _Call = bind("glVertexAttribPointer", _UINT, _INT, _UINT, _BYTE, _INT, _PTR)
        self.vertex_attrib_i_pointer: _Call = bind("glVertexAttribIPointer", _UINT, _INT, _UINT, _INT, _PTR)
        self.enable_vertex_attrib_array: _Call = bind("glEnableVertexAttribArray", _UINT)
        self.gen_textures: _Call = bind("glGenTextures", _INT, _PTR)
        self.delete_textures: _Call = bind("glDeleteTextures", _INT, _PTR)
        self.tex_buffer: _Call = bind("glTexBuffer", _UINT, _UINT, _UINT)
        self.tex_parameter: _Call = bind("glTexParameteri", _UINT, _UINT, _INT)
        self.tex_sub_image_2d: _Call = bind("glTexSubImage2D", _UINT, *[_INT] * 5, _UINT, _UINT, _PTR)
        self.tex_image_2d: _Call = bind("glTexImage2D", _UINT, *[_INT] * 5, _UINT, _UINT, _PTR)
        self.tex_image_3d: _Call = bind("glTexImage3D", _UINT, *[_INT] * 6, _UINT, _UINT, _PTR)
        self.tex_sub_image_3d: _Call = bind("glTexSubImage3D", _UINT, *[_INT] * 7, _UINT, _UINT, _PTR)
        self.generate_mipmap: _Call = bind("glGenerateMipmap", _UINT)
        self.pixel_store: _Call = bind("glPixelStorei", _UINT, _INT)
        self.read_pixels: _Call = bind("glReadPixels", _INT, _INT, _INT, _INT, _UINT, _UINT, _PTR)

    def check(self, doing: str) -> None:
        """Raise RendererError where the driver reported an error since the last check."""
        code = self.get_error()
        if code != NO_ERROR:
            raise RendererError(f"OpenGL error 0x{code:04X} while {doing}")
