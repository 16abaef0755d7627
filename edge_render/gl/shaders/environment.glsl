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
