// A point of a tile of a panorama, as it is or from light.
uniform sampler2DArray tiles;
uniform float finer_levels;
#ifdef LIGHT
uniform float exposure;
#endif
in vec3 at;
out vec4 fragment;

void main() {
    vec3 color = texture(tiles, at, -finer_levels).rgb;
#ifdef LIGHT
    color = srgb_from_linear(tone_map(color * exposure));
#endif
    fragment = vec4(color, 1.0);
}
