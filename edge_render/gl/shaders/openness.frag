// How open each point is to the light around it, from the depth of the picture: first an estimate of a few samples for
// each pixel, then (SMOOTHED) its mean over 4x4 pixels of the same surface.
// M. McGuire, M. Mara and D. Luebke, "Scalable ambient obscurance", HPG 2012.
out vec4 openness;  // x; y: metres from the eye

#ifdef SMOOTHED
uniform sampler2D estimate;

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy), last = textureSize(estimate, 0) - 1;
    float away = texelFetch(estimate, here, 0).y;
    vec2 sum = vec2(0.0);
    for (int y = -2; y < 2; ++y) {
        for (int x = -2; x < 2; ++x) {
            vec2 near = texelFetch(estimate, clamp(here + ivec2(x, y), ivec2(0), last), 0).xy;
            float same = abs(near.y - away) < 0.02 * away ? 1.0 : 0.001;
            sum += vec2(near.x, 1.0) * same;
        }
    }
    openness = vec4(sum.x / sum.y, away, 0.0, 0.0);
}
#else
uniform sampler2D depth_map;
uniform mat4 world_from_clip;
uniform float radius_m;
uniform float reach;  // of a metre, one metre away, as a share of the picture's height
const int SAMPLES = 14;
const float TURNS = 5.0;

vec3 seen_at(vec2 uv) {
    vec4 point = world_from_clip * vec4(vec3(uv, textureLod(depth_map, uv, 0.0).r) * 2.0 - 1.0, 1.0);
    return point.xyz / point.w - eye.xyz;
}

vec3 nearer(vec3 a, vec3 b) {
    return dot(a, a) < dot(b, b) ? a : b;
}

void main() {
    vec2 size = vec2(textureSize(depth_map, 0));
    // The depth of one pixel of the full size, at its middle.
    vec2 uv = (floor(gl_FragCoord.xy) * 2.0 + 0.5) / size;
    vec3 here = seen_at(uv);
    float away = length(here);
    vec2 step = 1.0 / size;
    // Of the two neighbours on each axis, the one on the same surface.
    vec3 across = nearer(seen_at(uv + vec2(step.x, 0.0)) - here, here - seen_at(uv - vec2(step.x, 0.0)));
    vec3 down = nearer(seen_at(uv + vec2(0.0, step.y)) - here, here - seen_at(uv - vec2(0.0, step.y)));
    vec3 n = normalize(cross(across, down));
    n = dot(n, here) > 0.0 ? -n : n;
    vec2 radius_uv = vec2(size.y / size.x, 1.0) * radius_m * reach / away;
    // J. Jimenez, "Next generation post processing in Call of Duty: Advanced Warfare", SIGGRAPH 2014: the noise.
    float turn = 6.2831853 * fract(52.9829189 * fract(dot(floor(gl_FragCoord.xy), vec2(0.06711056, 0.00583715))));
    float hidden = 0.0, r2 = radius_m * radius_m;
    for (int i = 0; i < SAMPLES; ++i) {
        float share = (float(i) + 0.5) / float(SAMPLES);
        float angle = turn + share * TURNS * 6.2831853;
        vec3 to = seen_at(uv + share * radius_uv * vec2(cos(angle), sin(angle))) - here;
        float d2 = dot(to, to);
        float falloff = max(r2 - d2, 0.0) / r2;
        hidden += falloff * max(dot(to, n) - 0.004 * away, 0.0) * inversesqrt(d2 + 1e-6);
    }
    // So that where two walls meet, half of the light is left, as half of the sky is hidden there.
    openness = vec4(max(1.0 - 4.0 * hidden / float(SAMPLES), 0.0), away, 0.0, 0.0);
}
#endif
