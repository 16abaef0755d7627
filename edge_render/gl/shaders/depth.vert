// Depth only: what casts a shadow.
uniform mat4 depth_from_world;
#ifdef ALPHA_MASK
#ifdef CUT_BY_UV_1
layout(location = 5) in vec2 in_uv;
#else
layout(location = 2) in vec2 in_uv;
#endif
uniform mat3x2 moved_uv;
out vec2 uv;
#endif

void main() {
    gl_Position = depth_from_world * vec4(placed().position, 1.0);
#ifdef ALPHA_MASK
    uv = moved_uv * vec3(in_uv, 1.0);
#endif
}
