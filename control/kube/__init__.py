"""Which gateways and renderers there are: the contract, and what fulfils it. Kubernetes is behind one door."""
