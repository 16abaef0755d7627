"""A Kubernetes cluster on a plain machine: the real control plane, and nodes whose containers are local processes."""
