// One triangle that covers the target; no vertex buffer needed.
void main() {
#ifdef BEHIND_ALL
    float depth = 1.0;
#else
    float depth = 0.0;
#endif
    gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, depth, 1.0);
}
