#ifdef HAS_UV
layout(location = 2) in vec2 in_uv;
out vec2 uv;
#endif
#ifdef HAS_UV_1
layout(location = 5) in vec2 in_uv_1;
out vec2 uv_1;
#endif
#ifdef HAS_TANGENT
out vec4 tangent;
#endif
#ifdef HAS_COLOR
layout(location = 4) in vec4 in_color;
out vec4 vertex_color;
#endif
out vec3 to_eye;
out vec3 normal;
#ifdef SUN
out vec3 shadow_point;
#if defined(CASCADES) || defined(MOVING_SHADOWS)
out vec3 shadow_shift;
#endif
#endif

void main() {
    Placed at = placed();
    gl_Position = view_projection * vec4(at.position, 1.0);
    to_eye = eye.xyz - at.position;
    normal = at.normal;
#ifdef SUN
    // The sun's projection is parallel, so this may be interpolated over the triangle.
    vec3 lit_normal = at.normal;
#ifdef DOUBLE_SIDED
    // The side that the sun lights is the one that must not shadow itself.
    lit_normal *= dot(at.normal, to_sun.xyz) < 0.0 ? -1.0 : 1.0;
#endif
    shadow_point = (shadow_from_world * vec4(at.position + lit_normal * to_sun.w, 1.0)).xyz;
#if defined(CASCADES) || defined(MOVING_SHADOWS)
    shadow_shift = mat3(shadow_from_world) * lit_normal * to_sun.w;
#endif
#endif
#ifdef HAS_UV
    uv = in_uv;
#endif
#ifdef HAS_UV_1
    uv_1 = in_uv_1;
#endif
#ifdef HAS_TANGENT
    tangent = at.tangent;
#endif
#ifdef HAS_COLOR
    vertex_color = in_color;
#endif
}
