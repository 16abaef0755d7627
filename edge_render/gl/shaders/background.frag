// The environment where nothing is drawn.
#include "surroundings.glsl"
#include "environment.glsl"
uniform mat3 world_from_ray;  // rays are (x and y of clip space, 1)
uniform vec2 pixel_size;      // of the target, in clip space
out vec4 fragment;

void main() {
    vec2 at = gl_FragCoord.xy * pixel_size - 1.0;
    fragment = vec4(srgb_from_linear(tone_map(environment_radiance(world_from_ray * vec3(at, 1.0), 0.0))), 1.0);
}
