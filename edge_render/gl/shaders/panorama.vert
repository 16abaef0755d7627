// One tile of a panorama: a rectangle of a face of the cube around the eye.
uniform mat4 clip_from_direction;
layout(location = 0) in vec3 in_origin;  // direction of its top left corner
layout(location = 1) in vec3 in_across;  // from there to its top right one
layout(location = 2) in vec3 in_along;   // and to its bottom left one
layout(location = 3) in vec4 in_texels;  // texture coordinates of the top left and of the bottom right corner
layout(location = 4) in float in_layer;
out vec3 at;

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = clip_from_direction * vec4(in_origin + corner.x * in_across + corner.y * in_along, 1.0);
    at = vec3(mix(in_texels.xy, in_texels.zw, corner), in_layer);
}
