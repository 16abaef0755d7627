// Image-based light: B. Karis, "Real shading in Unreal Engine 4", SIGGRAPH 2013 (the split sum).
uniform samplerCube environment_map;
uniform samplerCube irradiance_map;

vec3 environment_direction(vec3 world) {
    vec2 turn = environment.xy;
    return vec3(turn.x * world.x - turn.y * world.z, world.y, turn.y * world.x + turn.x * world.z);
}

// Of a surface that faces in a direction, over pi.
vec3 environment_irradiance(vec3 world) {
    return texture(irradiance_map, environment_direction(world)).rgb * environment.z;
}

vec3 environment_radiance(vec3 world, float roughness) {
    return textureLod(environment_map, environment_direction(world), roughness * environment.w).rgb * environment.z;
}

// What a surface mirrors. The lobe of a rough one, cut off at the surface, leans to the normal: by the fourth power of
// roughness it is nearest to what integrals of a sunny picture give.
vec3 environment_reflection(vec3 facing, vec3 to_viewer, float roughness) {
    float r2 = roughness * roughness;
    vec3 mirrored = 2.0 * dot(facing, to_viewer) * facing - to_viewer;
    return environment_radiance(mix(mirrored, facing, r2 * r2), roughness);
}
