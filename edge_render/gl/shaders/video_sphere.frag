// Equirectangular video as the eye in its middle sees it: one ray for each pixel, so that there is neither a mesh nor a
// seam. The level of the mipmaps is told by the angle that a pixel covers and not by derivatives: those jump where left
// meets right, and at the poles they would choose a level that blurs all, though what lies there is only drawn out.
uniform sampler2D luma;
uniform sampler2D blue;
uniform sampler2D red;
uniform mat3 world_from_camera;
uniform vec2 half_tangents;    // of half the field of view, across and down
uniform vec2 size_px;          // of the target
uniform vec2 offset_px;        // by so much the picture is moved to the right and down
uniform float texels_per_rad;  // of luma
uniform float level_bias;
uniform vec4 to_rgb[3];        // each a row: from Y, Cb, Cr, 1
out vec4 fragment;

const float PI = 3.14159265358979;

void main() {
    vec2 at = 2.0 * (gl_FragCoord.xy - offset_px) / size_px - 1.0;  // the target's first row is the picture's top
    vec3 ray = vec3(at.x * half_tangents.x, -at.y * half_tangents.y, -1.0);
    float away = length(ray);
    vec3 to = world_from_camera * ray;
    vec2 uv = vec2(0.5 + atan(to.x, -to.z) / (2.0 * PI), 0.5 - atan(to.y, length(to.xz)) / PI);
    float level = max(0.0, log2(2.0 * half_tangents.y / size_px.y / away * texels_per_rad) + level_bias);
    float chroma_level = max(0.0, level - 1.0);
    vec4 coded = vec4(textureLod(luma, uv, level).r, textureLod(blue, uv, chroma_level).r, textureLod(red, uv, chroma_level).r, 1.0);
    fragment = vec4(dot(to_rgb[0], coded), dot(to_rgb[1], coded), dot(to_rgb[2], coded), 1.0);
}
