// Image-based light: R. Ramamoorthi and P. Hanrahan, "An efficient representation for irradiance environment maps",
// SIGGRAPH 2001; B. Karis, "Real shading in Unreal Engine 4", SIGGRAPH 2013 (the split sum).
uniform samplerCube environment_map;

vec3 environment_direction(vec3 world) {
    vec2 turn = environment.xy;
    return vec3(turn.x * world.x - turn.y * world.z, world.y, turn.y * world.x + turn.x * world.z);
}

// Of a surface that faces in a direction, over pi.
vec3 environment_irradiance(vec3 world) {
    vec3 d = environment_direction(world);
    vec3 sum = irradiance[0].xyz + irradiance[1].xyz * d.y + irradiance[2].xyz * d.z + irradiance[3].xyz * d.x;
    sum += irradiance[4].xyz * (d.x * d.y) + irradiance[5].xyz * (d.y * d.z) + irradiance[6].xyz * (3.0 * d.z * d.z - 1.0);
    sum += irradiance[7].xyz * (d.x * d.z) + irradiance[8].xyz * (d.x * d.x - d.y * d.y);
    return max(sum, vec3(0.0));
}

vec3 environment_radiance(vec3 world, float roughness) {
    return textureLod(environment_map, environment_direction(world), roughness * environment.w).rgb * environment.z;
}
