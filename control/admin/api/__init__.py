"""The HTTP API, as OpenAPI describes it; one router for each kind of thing."""
