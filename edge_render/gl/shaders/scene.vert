layout(location = 0) in vec3 in_position;
layout(location = 1) in vec3 in_normal;
#ifdef HAS_UV
layout(location = 2) in vec2 in_uv;
out vec2 uv;
#endif
#ifdef HAS_NORMAL_MAP
layout(location = 3) in vec4 in_tangent;
out vec4 tangent;
#endif
#ifdef HAS_COLOR
layout(location = 4) in vec4 in_color;
out vec4 vertex_color;
#endif
out vec3 to_eye;
out vec3 normal;
out vec3 shadow_point;

void main() {
    gl_Position = view_projection * vec4(in_position, 1.0);
    to_eye = eye.xyz - in_position;
    normal = in_normal;
    // The sun's projection is parallel, so this may be interpolated over the triangle.
    vec3 lit_normal = in_normal;
#ifdef DOUBLE_SIDED
    // The side that the sun lights is the one that must not shadow itself.
    lit_normal *= dot(in_normal, to_sun.xyz) < 0.0 ? -1.0 : 1.0;
#endif
    shadow_point = (shadow_from_world * vec4(in_position + lit_normal * to_sun.w, 1.0)).xyz;
#ifdef HAS_UV
    uv = in_uv;
#endif
#ifdef HAS_NORMAL_MAP
    tangent = in_tangent;
#endif
#ifdef HAS_COLOR
    vertex_color = in_color;
#endif
}
