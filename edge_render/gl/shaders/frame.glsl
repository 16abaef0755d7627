// What all shaders of one frame share; filled by edge_render/gl/scene_drawable.py. Light is premultiplied by exposure.
layout(std140) uniform Frame {
    mat4 view_projection;
    mat4 shadow_from_world;  // to texture space of the shadow map, 0..1
    vec4 eye;                // xyz: world position of the camera; w: bias of the mipmap level of textures
    vec4 to_sun;             // xyz: unit vector to the sun; w: metres that shadow look-ups are moved along the normal
    vec4 sun_radiance;       // xyz
    vec4 sky;                // xyz: light from above
    vec4 ground;             // xyz: light from below
};

// At length 1; of none where there is none, as normalize is undefined there.
vec3 unit(vec3 along) {
    return along * inversesqrt(max(dot(along, along), 1e-30));
}
