// How much of the sun reaches a point: looked up in the shadow map.
uniform sampler2DShadow shadow_map;
in vec3 shadow_point;

float sun_visibility() {
#ifdef SHADOW_TAPS_4
    vec2 texel = 0.75 / vec2(textureSize(shadow_map, 0));
    return 0.25 * (texture(shadow_map, shadow_point + vec3(-texel.x, -texel.y, 0.0))
        + texture(shadow_map, shadow_point + vec3(texel.x, -texel.y, 0.0))
        + texture(shadow_map, shadow_point + vec3(-texel.x, texel.y, 0.0))
        + texture(shadow_map, shadow_point + vec3(texel.x, texel.y, 0.0)));
#else
    return texture(shadow_map, shadow_point);
#endif
}
