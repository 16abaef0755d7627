// Metallic-roughness shading after glTF 2.0, appendix B: GGX, Smith, Schlick; and its KHR_materials extensions.
// Tone mapped, sRGB out. What a material does not have is left out by the preprocessor.
layout(std140) uniform Surface {
    vec4 base_color;
    vec4 emissive_cutoff;  // xyz: emissive, premultiplied by exposure; w: alpha cutoff
    vec4 factors;          // metallic, roughness, normal scale, occlusion strength
    vec4 dielectric;       // what it reflects where it is not metal: xyz: at normal incidence; w: the factor of all of it
    vec4 coat;             // clearcoat, its roughness, its normal scale; w: transmission
    vec4 sheen;            // xyz: colour; w: roughness
    vec4 others;           // factor of the light map, index of refraction
    vec4 uv_rows[26];      // two rows of the transform of the texture coordinates of each use
};

#ifdef HAS_BASE_MAP
uniform sampler2D base_map;
#endif
#ifdef HAS_METAL_ROUGH_MAP
uniform sampler2D metal_rough_map;
#endif
#ifdef HAS_NORMAL_MAP
uniform sampler2D normal_map;
#endif
#ifdef HAS_OCCLUSION_MAP
uniform sampler2D occlusion_map;
#endif
#ifdef HAS_EMISSIVE_MAP
uniform sampler2D emissive_map;
#endif
#ifdef HAS_SPECULAR_MAP
uniform sampler2D specular_map;
#endif
#ifdef HAS_SPECULAR_COLOR_MAP
uniform sampler2D specular_color_map;
#endif
#ifdef HAS_COAT_MAP
uniform sampler2D coat_map;
#endif
#ifdef HAS_COAT_ROUGH_MAP
uniform sampler2D coat_rough_map;
#endif
#ifdef HAS_COAT_NORMAL_MAP
uniform sampler2D coat_normal_map;
#endif
#ifdef HAS_SHEEN_COLOR_MAP
uniform sampler2D sheen_color_map;
#endif
#ifdef HAS_SHEEN_ROUGH_MAP
uniform sampler2D sheen_rough_map;
#endif
#ifdef HAS_TRANSMISSION_MAP
uniform sampler2D transmission_map;
#endif
#ifdef HAS_LIGHT_MAP
uniform sampler2D light_map;
#endif
#if defined(HAS_ENVIRONMENT) || defined(SHEEN)
uniform sampler2D brdf_table;  // by cosine and roughness: scale and bias of the split sum, albedo of sheen
#endif
#ifdef HAS_TANGENT
in vec4 tangent;
#endif
#ifdef HAS_UV
in vec2 uv;
#endif
#ifdef HAS_UV_1
in vec2 uv_1;
#endif
#ifdef HAS_COLOR
in vec4 vertex_color;
#endif
in vec3 to_eye;
in vec3 normal;

#ifdef TINTS_BEHIND
// Dual-source blending: what is behind is seen through it times ``kept``.
layout(location = 0, index = 0) out vec4 fragment;
layout(location = 0, index = 1) out vec4 kept;
#else
out vec4 fragment;
#endif
#ifdef SEES_BEHIND
uniform sampler2D behind_map;  // what is opaque, drawn before
#endif

#if defined(HAS_ENVIRONMENT) || defined(LIGHTS) || defined(CASCADES) || defined(MOVING_SHADOWS)
#include "surroundings.glsl"
#endif
#ifdef HAS_ENVIRONMENT
#include "environment.glsl"
#endif
#ifdef HAS_OPENNESS
uniform sampler2D openness_map;  // of half the size
#endif
#ifdef SUN
#include "sun.glsl"
#endif

#ifdef TINTS_BEHIND
const float WALL = 0.5;
#endif

vec2 moved(vec2 at, int use) {
    vec3 row = vec3(at, 1.0);
    return vec2(dot(uv_rows[2 * use].xyz, row), dot(uv_rows[2 * use + 1].xyz, row));
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

float fifth_power(float x) {
    float x2 = x * x;
    return x2 * x2 * x;
}

// D * G / (4 n_l n_v) with Hammon's approximation of the height-correlated Smith term, times 1/pi.
float microfacets(float alpha, float n_l, float n_v, float n_h) {
    float alpha2 = alpha * alpha;
    float d = n_h * n_h * (alpha2 - 1.0) + 1.0;
    return alpha2 * 0.31830989 / (d * d) * 0.5 / mix(2.0 * n_l * n_v, n_l + n_v, alpha);
}

vec3 n, v;
vec3 f0, diffuse;
float f90 = 1.0;
float alpha, n_v;
vec3 lit_diffuse = vec3(0.0);
vec3 lit_specular = vec3(0.0);
#ifdef COAT
vec3 coat_n;
float coat_alpha, coat_n_v;
vec3 lit_coat = vec3(0.0);
#endif
#ifdef SHEEN
vec3 sheen_color;
float sheen_alpha;
vec3 lit_sheen = vec3(0.0);
#endif

// Adds what a light does that comes from ``l``; ``radiance`` is its irradiance of a surface that faces it.
void add_light(vec3 l, vec3 radiance) {
    vec3 h = unit(l + v);
    float n_l = max(dot(n, l), 0.0);
    float n_h = max(dot(n, h), 0.0);
    float fresnel_power = fifth_power(1.0 - max(dot(v, h), 0.0));
    vec3 fresnel = f0 + (f90 - f0) * fresnel_power;
    vec3 arriving = radiance * n_l;
    lit_diffuse += diffuse * ((1.0 - fresnel) * arriving * 0.31830989);
    lit_specular += fresnel * microfacets(alpha, n_l, n_v, n_h) * arriving;
#ifdef COAT
    float coat_n_l = max(dot(coat_n, l), 0.0);
    float coat_specular = microfacets(coat_alpha, coat_n_l, coat_n_v, max(dot(coat_n, h), 0.0));
    lit_coat += radiance * (coat_n_l * coat_specular * (0.04 + 0.96 * fresnel_power));
#endif
#ifdef SHEEN
    // A. Conty and C. Kulla, "Production friendly microfacet sheen BRDF", SIGGRAPH 2017; Neubelt and Pettineo's visibility.
    float inverse = 1.0 / sheen_alpha;
    float distribution = (2.0 + inverse) * pow(max(1.0 - n_h * n_h, 0.0078125), 0.5 * inverse) * 0.15915494;
    lit_sheen += sheen_color * arriving * (distribution / (4.0 * (n_l + n_v - n_l * n_v)));
#endif
}

#ifdef LIGHTS
// KHR_lights_punctual.
void add_punctual_lights(vec3 at) {
    for (int i = 0; i < int(light_count.x); ++i) {
        vec4 place = lights[4 * i], color = lights[4 * i + 1], shining = lights[4 * i + 2], cone = lights[4 * i + 3];
        vec3 to_light = place.xyz - at;
        float d2 = max(dot(to_light, to_light), 1e-4);
        vec3 l = color.w == 0.0 ? -shining.xyz : to_light * inversesqrt(d2);
        float reach = color.w == 0.0 ? 1.0 : clamp(1.0 - d2 * d2 * place.w, 0.0, 1.0) / d2;
        float in_cone = clamp(dot(-l, shining.xyz) * cone.x + cone.y, 0.0, 1.0);
        add_light(l, color.rgb * (reach * in_cone * in_cone));
    }
}
#endif

#ifdef SEES_BEHIND
vec3 linear_from_srgb(vec3 color) {
    return mix(pow((color + 0.055) / 1.055, vec3(2.4)), color / 12.92, lessThan(color, vec3(0.04045)));
}

// Undoes tone_map, as what is behind has been through it.
vec3 light_of(vec3 mapped) {
    float new_peak = min(max(mapped.r, max(mapped.g, mapped.b)), 0.995);
    if (new_peak > 0.76) {
        float peak = 0.52 + 0.0576 / (1.0 - new_peak);
        float desaturate = 1.0 - 1.0 / (0.15 * (peak - new_peak) + 1.0);
        mapped = (mapped - new_peak * desaturate) * peak / (new_peak * (1.0 - desaturate));
    }
    float x = min(mapped.r, min(mapped.g, mapped.b));
    return max(mapped, 0.0) + (x < 0.04 ? sqrt(max(x, 0.0) / 6.25) - x : 0.04);
}
#endif

void main() {
    vec4 base = base_color;
#ifdef HAS_BASE_MAP
    base *= texture(base_map, BASE_UV, eye.w);
#endif
#ifdef HAS_COLOR
    base *= vertex_color;
#endif
#ifdef ALPHA_MASK
    if (base.a < emissive_cutoff.w) discard;
#endif
#ifdef UNLIT
    vec3 color = srgb_from_linear(min(base.rgb, vec3(1.0)));
#else
    float metallic = factors.x;
    float roughness = factors.y;
    float occlusion = 1.0;
#ifdef HAS_METAL_ROUGH_MAP
    vec3 orm = texture(metal_rough_map, METAL_ROUGH_UV, eye.w).rgb;
    roughness *= orm.g;
    metallic *= orm.b;
#endif
#ifdef OCCLUSION_IN_METAL_ROUGH_MAP
    occlusion = 1.0 + factors.w * (orm.r - 1.0);
#endif
#ifdef HAS_OCCLUSION_MAP
    occlusion = 1.0 + factors.w * (texture(occlusion_map, OCCLUSION_UV, eye.w).r - 1.0);
#endif
#ifdef HAS_OPENNESS
    occlusion *= texture(openness_map, gl_FragCoord.xy * 0.5 / vec2(textureSize(openness_map, 0))).r;
#endif

    v = unit(to_eye);
    // Where a file has a normal of no length, the surface faces who looks.
    n = dot(normal, normal) > 1e-12 ? normalize(normal) : v;
#ifdef COAT
    coat_n = n;
#endif
#ifdef HAS_TANGENT
    vec3 t = unit(tangent.xyz);
    vec3 b = cross(n, t) * tangent.w;
#endif
#ifdef HAS_COAT_NORMAL_MAP
    vec3 coat_bump = texture(coat_normal_map, COAT_NORMAL_UV, eye.w).xyz * 2.0 - 1.0;
    coat_n = unit((t * coat_bump.x + b * coat_bump.y) * coat.z + n * coat_bump.z);
#endif
#ifdef HAS_NORMAL_MAP
    vec3 bump = texture(normal_map, NORMAL_UV, eye.w).xyz * 2.0 - 1.0;
    n = unit((t * bump.x + b * bump.y) * factors.z + n * bump.z);
#endif
#ifdef DOUBLE_SIDED
    n = gl_FrontFacing ? n : -n;
#endif
    n_v = max(dot(n, v), 0.0) + 1e-4;

    roughness = max(roughness, 0.05);
    alpha = roughness * roughness;
    vec3 not_metal = vec3(0.04);
#ifdef SPECULAR
    float specular_factor = dielectric.w;
    not_metal = dielectric.xyz;
#ifdef HAS_SPECULAR_COLOR_MAP
    not_metal *= texture(specular_color_map, SPECULAR_COLOR_UV, eye.w).rgb;
#endif
#ifdef HAS_SPECULAR_MAP
    specular_factor *= texture(specular_map, SPECULAR_UV, eye.w).a;
#endif
    not_metal = min(not_metal, vec3(1.0)) * specular_factor;
    f90 = mix(specular_factor, 1.0, metallic);
#endif
    f0 = mix(not_metal, base.rgb, metallic);
    diffuse = base.rgb * (1.0 - metallic);
#ifdef TRANSMISSION
    float transmission = coat.w;
#ifdef HAS_TRANSMISSION_MAP
    transmission *= texture(transmission_map, TRANSMISSION_UV, eye.w).r;
#endif
    vec3 through = diffuse * transmission;
    diffuse *= 1.0 - transmission;
#endif
#ifdef COAT
    float coat_factor = coat.x, coat_roughness = coat.y;
#ifdef HAS_COAT_MAP
    coat_factor *= texture(coat_map, COAT_UV, eye.w).r;
#endif
#ifdef HAS_COAT_ROUGH_MAP
    coat_roughness *= texture(coat_rough_map, COAT_ROUGH_UV, eye.w).g;
#endif
#ifdef DOUBLE_SIDED
    coat_n = gl_FrontFacing ? coat_n : -coat_n;
#endif
    coat_roughness = max(coat_roughness, 0.05);
    coat_alpha = coat_roughness * coat_roughness;
    coat_n_v = max(dot(coat_n, v), 0.0) + 1e-4;
#endif
#ifdef SHEEN
    sheen_color = sheen.rgb;
    float sheen_roughness = sheen.w;
#ifdef HAS_SHEEN_COLOR_MAP
    sheen_color *= texture(sheen_color_map, SHEEN_COLOR_UV, eye.w).rgb;
#endif
#ifdef HAS_SHEEN_ROUGH_MAP
    sheen_roughness *= texture(sheen_rough_map, SHEEN_ROUGH_UV, eye.w).a;
#endif
    sheen_roughness = max(sheen_roughness, 0.07);
    sheen_alpha = sheen_roughness * sheen_roughness;
    float sheen_albedo = texture(brdf_table, vec2(n_v, sheen_roughness)).b;
#endif

#ifdef SUN
    add_light(to_sun.xyz, sun_radiance.xyz * sun_visibility());
#endif
#ifdef LIGHTS
    add_punctual_lights(eye.xyz - to_eye);
#endif

#ifdef HAS_ENVIRONMENT
    vec3 around = environment_irradiance(n);
#ifdef HAS_LIGHT_MAP
    vec3 soft = texture(light_map, uv_1).rgb * others.x;
#else
    vec3 soft = around;
#endif
    // C. Fdez-Aguera, "A multiple-scattering microfacet model for real-time image-based lighting", JCGT 8(1), 2019.
    vec2 scale_bias = texture(brdf_table, vec2(n_v, roughness)).rg;
    vec3 single = f0 * scale_bias.x + f90 * scale_bias.y;
    float missing = 1.0 - scale_bias.x - scale_bias.y;
    vec3 average = f0 + (f90 - f0) / 21.0;
    vec3 multiple = single * average * missing / (1.0 - average * missing);
    vec3 reflected = environment_reflection(n, v, roughness);
    lit_diffuse += diffuse * (1.0 - single - multiple) * soft * occlusion;
    lit_specular += (single * reflected + multiple * around) * occlusion;
#ifdef TRANSMISSION
    through *= 1.0 - single - multiple;
#endif
#else
#ifdef HAS_LIGHT_MAP
    vec3 soft = texture(light_map, uv_1).rgb * others.x;
#else
    vec3 soft = mix(ground.xyz, sky.xyz, n.y * 0.5 + 0.5);
#endif
    lit_diffuse += diffuse * soft * occlusion;
    float reflected_height = 2.0 * dot(n, v) * n.y - v.y;
    vec3 single = environment_brdf(f0, roughness, n_v);
    lit_specular += single * reflected_light(reflected_height, roughness) * occlusion;
#ifdef TRANSMISSION
    through *= 1.0 - single;
#endif
#endif

    vec3 color = lit_diffuse + lit_specular;
    vec3 emitted = emissive_cutoff.xyz;
#ifdef HAS_EMISSIVE_MAP
    emitted *= texture(emissive_map, EMISSIVE_UV, eye.w).rgb;
#endif
    color += emitted;
#ifdef SHEEN
    float under_sheen = 1.0 - max(sheen_color.r, max(sheen_color.g, sheen_color.b)) * sheen_albedo;
#ifdef HAS_ENVIRONMENT
    lit_sheen += sheen_color * sheen_albedo * environment_irradiance(n) * occlusion;
#else
    lit_sheen += sheen_color * sheen_albedo * soft * occlusion;
#endif
    color = color * under_sheen + lit_sheen;
#endif
#ifdef COAT
    float coat_fresnel = coat_factor * (0.04 + 0.96 * fifth_power(1.0 - min(coat_n_v, 1.0)));
#ifdef HAS_ENVIRONMENT
    vec2 coat_scale_bias = texture(brdf_table, vec2(coat_n_v, coat_roughness)).rg;
    lit_coat += (0.04 * coat_scale_bias.x + coat_scale_bias.y) * occlusion
        * environment_reflection(coat_n, v, coat_roughness);
#else
    lit_coat += environment_brdf(vec3(0.04), coat_roughness, coat_n_v) * occlusion
        * reflected_light(2.0 * dot(coat_n, v) * coat_n.y - v.y, coat_roughness);
#endif
    color = color * (1.0 - coat_fresnel) + lit_coat * coat_factor;
#endif
#ifdef TRANSMISSION
#ifdef SHEEN
    through *= under_sheen;
#endif
#ifdef COAT
    through *= 1.0 - coat_fresnel;
#endif
#ifdef SEES_BEHIND
    vec2 here = gl_FragCoord.xy / vec2(textureSize(behind_map, 0));
    float blurred = roughness * clamp(2.0 * others.y - 2.0, 0.0, 1.0) * log2(float(textureSize(behind_map, 0).x));
    color += through * light_of(linear_from_srgb(textureLod(behind_map, here, blurred).rgb));
#endif
#endif
#ifdef TINTS_BEHIND
    // Blending adds up what a screen is sent, and not light: what is kept is such that the sum is right where nothing
    // is behind, and where what is there is as bright as walls are.
    vec3 over_wall = srgb_from_linear(tone_map(color + through * WALL));
#endif
    color = srgb_from_linear(tone_map(color));
#endif
#ifndef ALPHA_BLEND
    base.a = 1.0;
#endif
#ifdef TINTS_BEHIND
    vec3 passed = max(over_wall - color, 0.0) / srgb_from_linear(tone_map(vec3(WALL)));
    kept = vec4(mix(vec3(1.0), passed, base.a), 1.0);
    fragment = vec4(color * base.a, base.a);
#else
    fragment = vec4(color * base.a, base.a);
#endif
}
