// Where a vertex is in the world: fixed, or placed by rows of the palette (3x4 matrices, three texels each), with the
// morph targets that have weight added before. See edge_render/geometry/movement.py for how the buffers are laid out.
layout(location = 0) in vec3 in_position;
layout(location = 1) in vec3 in_normal;
#ifdef HAS_TANGENT
layout(location = 3) in vec4 in_tangent;
#endif
#if defined(RIGID) || defined(SKIN_4) || defined(SKIN_8) || defined(INSTANCED)
#define PLACED_BY_PALETTE
uniform samplerBuffer palette;
#endif
#ifdef RIGID
layout(location = 6) in uint in_row;
#endif
#if defined(SKIN_4) || defined(SKIN_8)
layout(location = 6) in uvec4 in_rows;
layout(location = 7) in vec4 in_weights;
#endif
#ifdef SKIN_8
layout(location = 8) in uvec4 in_rows_1;
layout(location = 9) in vec4 in_weights_1;
#endif
#ifdef INSTANCED
uniform isamplerBuffer instance_rows;
uniform int first_instance;
#endif
#ifdef MORPH
layout(location = 10) in ivec2 in_morph;  // texel of its first delta, slot of its weights
uniform samplerBuffer morph_deltas;
uniform samplerBuffer morph_weights;
const int SLOT_TEXELS = 33;
#endif

struct Placed {
    vec3 position;
    vec3 normal;
    vec4 tangent;
};

#ifdef PLACED_BY_PALETTE
struct Rows {
    vec4 x, y, z;
};

Rows row_at(int row) {
    return Rows(texelFetch(palette, 3 * row), texelFetch(palette, 3 * row + 1), texelFetch(palette, 3 * row + 2));
}

void add(inout Rows sum, uint row, float weight) {
    Rows more = row_at(int(row));
    sum.x += weight * more.x;
    sum.y += weight * more.y;
    sum.z += weight * more.z;
}

Rows placing() {
#ifdef RIGID
    return row_at(int(in_row));
#elif defined(INSTANCED)
    return row_at(texelFetch(instance_rows, first_instance + gl_InstanceID).r);
#else
    Rows sum = Rows(vec4(0.0), vec4(0.0), vec4(0.0));
    add(sum, in_rows.x, in_weights.x);
    add(sum, in_rows.y, in_weights.y);
    add(sum, in_rows.z, in_weights.z);
    add(sum, in_rows.w, in_weights.w);
#ifdef SKIN_8
    add(sum, in_rows_1.x, in_weights_1.x);
    add(sum, in_rows_1.y, in_weights_1.y);
    add(sum, in_rows_1.z, in_weights_1.z);
    add(sum, in_rows_1.w, in_weights_1.w);
#endif
    return sum;
#endif
}
#endif

Placed placed() {
    Placed at;
    at.position = in_position;
    at.normal = in_normal;
#ifdef HAS_TANGENT
    at.tangent = in_tangent;
#endif
#ifdef MORPH
    int slot = in_morph.y * SLOT_TEXELS;
    vec4 head = texelFetch(morph_weights, slot);
    for (int i = 0; i < int(head.x); i++) {
        vec4 pair = texelFetch(morph_weights, slot + 1 + i / 2);
        vec2 target_weight = (i & 1) == 0 ? pair.xy : pair.zw;
        int texel = in_morph.x + int(target_weight.x) * int(head.y);
        at.position += target_weight.y * texelFetch(morph_deltas, texel).xyz;
        if (head.z > 0.0) at.normal += target_weight.y * texelFetch(morph_deltas, texel + int(head.z)).xyz;
#ifdef HAS_TANGENT
        if (head.w > 0.0) at.tangent.xyz += target_weight.y * texelFetch(morph_deltas, texel + int(head.w)).xyz;
#endif
    }
#endif
#ifdef PLACED_BY_PALETTE
    Rows rows = placing();
    vec4 position = vec4(at.position, 1.0);
    at.position = vec3(dot(rows.x, position), dot(rows.y, position), dot(rows.z, position));
    // The cofactor matrix turns normals as the inverse transpose does, and exists for flattened nodes too. Where the
    // matrix mirrors, it turns them inwards; what is mirrored at rest has them inwards before.
    at.normal = unit(vec3(dot(cross(rows.y.xyz, rows.z.xyz), at.normal),
                               dot(cross(rows.z.xyz, rows.x.xyz), at.normal),
                               dot(cross(rows.x.xyz, rows.y.xyz), at.normal)));
#ifdef HAS_TANGENT
    vec3 along = at.tangent.xyz;
    at.tangent.xyz = unit(vec3(dot(rows.x.xyz, along), dot(rows.y.xyz, along), dot(rows.z.xyz, along)));
#endif
#elif defined(MORPH)
    at.normal = unit(at.normal);
#endif
    return at;
}
