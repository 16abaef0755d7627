// A picture times a weight: adds a pass to the sum, and makes the mean of the sum.
uniform sampler2D picture;
uniform float weight;
out vec4 weighted;

void main() {
    weighted = texelFetch(picture, ivec2(gl_FragCoord.xy), 0) * weight;
}
