// Depth only: what casts a shadow.
uniform mat4 depth_from_world;
#ifdef ALPHA_MASK
layout(location = 2) in vec2 in_uv;
out vec2 uv;
#endif

void main() {
    gl_Position = depth_from_world * vec4(placed().position, 1.0);
#ifdef ALPHA_MASK
    uv = in_uv;
#endif
}
