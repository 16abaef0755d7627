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

// How much a part counts for a point: all, but for its outermost tenth, where it passes into what is around it.
float share_of(vec3 at) {
    vec2 off = abs(at.xy - 0.5);
    return clamp((0.49 - max(off.x, off.y)) * 20.0, 0.0, 1.0);
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

// What a part adds to the visibility, of which ``rest`` is still to be told.
float added(sampler2DShadow map, int part, inout float rest) {
    vec3 at = in_part(part);
    float share = rest * share_of(at);
    rest -= share;
    return share > 0.0 ? share * filtered(map, at) : 0.0;
}

float still_visibility() {
    float rest = 1.0;
    float visible = added(cascade_0, 0, rest);
#if CASCADES > 1
    if (rest > 0.0) visible += added(cascade_1, 1, rest);
#endif
#if CASCADES > 2
    if (rest > 0.0) visible += added(cascade_2, 2, rest);
#endif
    return rest > 0.0 ? visible + rest * filtered(shadow_map, shadow_point) : visible;
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
    return still_visibility() * (share_of(at) > 0.0 ? filtered(moving_shadow, at) : 1.0);
}
#else
float sun_visibility() {
    return still_visibility();
}
#endif
