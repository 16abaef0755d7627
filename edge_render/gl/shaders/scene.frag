// Metallic-roughness shading after glTF 2.0, appendix B: GGX, Smith, Schlick; tone mapped, sRGB out.
layout(std140) uniform Surface {
    vec4 base_color;
    vec4 emissive_cutoff;  // xyz: emissive, premultiplied by exposure; w: alpha cutoff
    vec4 factors;          // metallic, roughness, normal scale, occlusion strength
};

#ifdef HAS_BASE_MAP
uniform sampler2D base_map;
#endif
#ifdef HAS_METAL_ROUGH_MAP
uniform sampler2D metal_rough_map;
#endif
#ifdef HAS_NORMAL_MAP
uniform sampler2D normal_map;
in vec4 tangent;
#endif
#ifdef HAS_OCCLUSION_MAP
uniform sampler2D occlusion_map;
#endif
#ifdef HAS_EMISSIVE_MAP
uniform sampler2D emissive_map;
#endif
#ifdef HAS_UV
in vec2 uv;
#endif
#ifdef HAS_COLOR
in vec4 vertex_color;
#endif
uniform sampler2DShadow shadow_map;

in vec3 to_eye;
in vec3 normal;
in vec3 shadow_point;
out vec4 fragment;

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

// Karis 2014, "Physically based shading on mobile": the environment part of the split sum, fitted.
vec3 environment_brdf(vec3 f0, float roughness, float n_v) {
    vec4 r = roughness * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
    float a = min(r.x * r.x, exp2(-9.28 * n_v)) * r.x + r.y;
    vec2 scale_bias = vec2(-1.04, 1.04) * a + r.zw;
    return f0 * scale_bias.x + scale_bias.y;
}

// The surroundings as seen in a reflection: ground and sky with a horizon that roughness blurs, and a soft
// bright band above it, as a row of windows gives.
vec3 reflected_light(float height, float roughness) {
    float horizon = clamp(0.5 + height * (2.2 - 1.7 * roughness), 0.0, 1.0);
    float distance_to_band = (height - 0.3) * 3.0;
    float band = max(1.0 - distance_to_band * distance_to_band, 0.0) * (1.0 - roughness);
    return mix(ground.xyz, sky.xyz, horizon) * (0.8 + 0.7 * band);
}

void main() {
    vec4 base = base_color;
#ifdef HAS_BASE_MAP
    base *= texture(base_map, uv, eye.w);
#endif
#ifdef HAS_COLOR
    base *= vertex_color;
#endif
#ifdef ALPHA_MASK
    if (base.a < emissive_cutoff.w) discard;
#endif
    float metallic = factors.x;
    float roughness = factors.y;
    float occlusion = 1.0;
#ifdef HAS_METAL_ROUGH_MAP
    vec3 orm = texture(metal_rough_map, uv, eye.w).rgb;
    roughness *= orm.g;
    metallic *= orm.b;
#endif
#ifdef OCCLUSION_IN_METAL_ROUGH_MAP
    occlusion = 1.0 + factors.w * (orm.r - 1.0);
#endif
#ifdef HAS_OCCLUSION_MAP
    occlusion = 1.0 + factors.w * (texture(occlusion_map, uv, eye.w).r - 1.0);
#endif

    vec3 n = normalize(normal);
#ifdef HAS_NORMAL_MAP
    vec3 t = normalize(tangent.xyz);
    vec3 b = cross(n, t) * tangent.w;
    vec3 bump = texture(normal_map, uv, eye.w).xyz * 2.0 - 1.0;
    n = normalize((t * bump.x + b * bump.y) * factors.z + n * bump.z);
#endif
#ifdef DOUBLE_SIDED
    n = gl_FrontFacing ? n : -n;
#endif
    vec3 v = normalize(to_eye);
    vec3 l = to_sun.xyz;
    vec3 h = normalize(l + v);
    float n_v = max(dot(n, v), 0.0) + 1e-4;
    float n_l = max(dot(n, l), 0.0);
    float n_h = max(dot(n, h), 0.0);
    float v_h = max(dot(v, h), 0.0);

    roughness = max(roughness, 0.05);
    float alpha = roughness * roughness;
    float alpha2 = alpha * alpha;
    vec3 f0 = mix(vec3(0.04), base.rgb, metallic);
    vec3 diffuse = base.rgb * (1.0 - metallic);

    float d = n_h * n_h * (alpha2 - 1.0) + 1.0;
    // D * G / (4 n_l n_v) with Hammon's approximation of the height-correlated Smith term, times 1/pi.
    float specular = alpha2 * 0.31830989 / (d * d) * 0.5 / mix(2.0 * n_l * n_v, n_l + n_v, alpha);
    float one_minus = 1.0 - v_h;
    float one_minus2 = one_minus * one_minus;
    vec3 fresnel = f0 + (1.0 - f0) * (one_minus2 * one_minus2 * one_minus);
    vec3 sun = sun_radiance.xyz * (n_l * sun_visibility());
    vec3 lit_diffuse = diffuse * ((1.0 - fresnel) * sun * 0.31830989);
    vec3 lit_specular = fresnel * specular * sun;

    lit_diffuse += diffuse * mix(ground.xyz, sky.xyz, n.y * 0.5 + 0.5) * occlusion;
    float reflected_height = 2.0 * dot(n, v) * n.y - v.y;
    lit_specular += environment_brdf(f0, roughness, n_v) * reflected_light(reflected_height, roughness) * occlusion;

    vec3 color = lit_diffuse + lit_specular;
    vec3 emitted = emissive_cutoff.xyz;
#ifdef HAS_EMISSIVE_MAP
    emitted *= texture(emissive_map, uv, eye.w).rgb;
#endif
    color += emitted;
    color = srgb_from_linear(tone_map(color));
#ifdef ALPHA_BLEND
    fragment = vec4(color * base.a, base.a);
#else
    fragment = vec4(color, 1.0);
#endif
}
