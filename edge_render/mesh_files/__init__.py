"""Models of formats that know triangles, and little of how they look: OBJ, PLY, STL and 3MF, by trimesh."""
