"""Single sign-on by OpenID Connect Core 1.0: the authorization code flow with PKCE."""
