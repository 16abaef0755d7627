// The light around a scene beside the sun; filled by edge_render/gl/surroundings.py. Premultiplied by exposure.
layout(std140) uniform Surroundings {
    vec4 environment;     // cosine and sine of its rotation about +Y, its intensity, its last level
    vec4 light_count;     // x
    vec4 lights[48];      // of each: position, 1 / range^4; colour, kind; direction that it shines in, 0; scale and offset of its cone
    vec4 shadow_parts[8]; // of each: scale and offset in the map of the whole scene; its normal offset as a share
};
