// sRGB picture to a plane of I420 (ITU-R BT.709, limited range), four samples in each RGBA pixel of the target.
uniform sampler2D picture;
out vec4 four;

vec3 rgb_at(ivec2 at) {
    return texelFetch(picture, min(at, textureSize(picture, 0) - 1), 0).rgb;
}

#ifdef LUMA
float plane_value(ivec2 at) {
    return (16.0 + dot(rgb_at(at), vec3(46.5594, 156.6288, 15.8118))) / 255.0;
}
#else
uniform vec3 weights;

float plane_value(ivec2 at) {
    ivec2 first = at * 2;
    vec3 sum = rgb_at(first) + rgb_at(first + ivec2(1, 0)) + rgb_at(first + ivec2(0, 1)) + rgb_at(first + ivec2(1, 1));
    return (128.0 + dot(sum, weights)) / 255.0;
}
#endif

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy) * ivec2(4, 1);
    four = vec4(plane_value(at), plane_value(at + ivec2(1, 0)), plane_value(at + ivec2(2, 0)), plane_value(at + ivec2(3, 0)));
}
