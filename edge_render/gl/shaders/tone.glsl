// From light to what a screen is sent; edge_render/tone.py does the same in numpy. Every fragment shader has it.

// Khronos PBR Neutral: true colours below 0.8, soft shoulder above.
vec3 tone_map(vec3 color) {
    float x = min(color.r, min(color.g, color.b));
    color -= x < 0.08 ? x - 6.25 * x * x : 0.04;
    float peak = max(color.r, max(color.g, color.b));
    float new_peak = 1.0 - 0.0576 / (max(peak, 0.76) - 0.52);
    float desaturate = 1.0 - 1.0 / (0.15 * (peak - new_peak) + 1.0);
    vec3 compressed = mix(color * (new_peak / max(peak, 0.76)), vec3(new_peak), desaturate);
    return peak < 0.76 ? color : compressed;
}

// The sRGB curve as a sum of roots, which cost less than a power; fitted by least squares,
// off by at most 0.02 of an 8-bit step.
vec3 srgb_from_linear(vec3 color) {
    color = max(color, vec3(0.0));
    vec3 s1 = sqrt(color), s2 = sqrt(s1), s3 = sqrt(s2);
    vec3 curve = 0.64455989 * s1 + 0.70994666 * s2 - 0.33605209 * s3 - 0.01848576 * color;
    return mix(curve, color * 12.92, lessThan(color, vec3(0.0031308)));
}
