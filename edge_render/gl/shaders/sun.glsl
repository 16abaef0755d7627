// How much of the sun reaches a point: looked up in the map of the whole scene, in finer ones near the visitor
// (CASCADES of them), and in that of what moves. See edge_render/shadow_plan.py.
uniform sampler2DShadow shadow_map;
in vec3 shadow_point;
#if defined(CASCADES) || defined(MOVING_SHADOWS)
in vec3 shadow_shift;
#endif

float filtered(sampler2DShadow map, vec3 at) {
#ifdef SHADOW_TAPS_4
    vec2 texel = 0.75 / vec2(textureSize(map, 0));
    return 0.25 * (texture(map, at + vec3(-texel.x, -texel.y, 0.0)) + texture(map, at + vec3(texel.x, -texel.y, 0.0))
        + texture(map, at + vec3(-texel.x, texel.y, 0.0)) + texture(map, at + vec3(texel.x, texel.y, 0.0)));
#else
    return texture(map, at);
#endif
}

#if defined(CASCADES) || defined(MOVING_SHADOWS)
vec3 in_part(int part) {
    vec3 at = shadow_point + shadow_shift * (shadow_parts[2 * part + 1].x - 1.0);
    return vec3(at.xy * shadow_parts[2 * part].xy + shadow_parts[2 * part].zw, at.z);
}

bool holds(vec3 at) {
    vec2 off = abs(at.xy - 0.5);
    return max(off.x, off.y) < 0.49;
}
#endif

#ifdef CASCADES
uniform sampler2DShadow cascade_0;
#if CASCADES > 1
uniform sampler2DShadow cascade_1;
#endif
#if CASCADES > 2
uniform sampler2DShadow cascade_2;
#endif

float still_visibility() {
    vec3 at = in_part(0);
    if (holds(at)) return filtered(cascade_0, at);
#if CASCADES > 1
    at = in_part(1);
    if (holds(at)) return filtered(cascade_1, at);
#endif
#if CASCADES > 2
    at = in_part(2);
    if (holds(at)) return filtered(cascade_2, at);
#endif
    return filtered(shadow_map, shadow_point);
}
#else
float still_visibility() {
    return filtered(shadow_map, shadow_point);
}
#endif

#ifdef MOVING_SHADOWS
uniform sampler2DShadow moving_shadow;

float sun_visibility() {
    vec3 at = in_part(3);
    return still_visibility() * (holds(at) ? filtered(moving_shadow, at) : 1.0);
}
#else
float sun_visibility() {
    return still_visibility();
}
#endif
