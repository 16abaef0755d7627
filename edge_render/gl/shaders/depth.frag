#ifdef ALPHA_MASK
uniform sampler2D base_map;
uniform float alpha_factor;
uniform float alpha_cutoff;
in vec2 uv;
#endif

void main() {
#ifdef ALPHA_MASK
    if (texture(base_map, uv).a * alpha_factor < alpha_cutoff) discard;
#endif
}
