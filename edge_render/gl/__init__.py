"""Drawing with OpenGL on EGL: the renderer that visitors see, and what it is made of."""
