"""Identity providers of organisations, spoken to by OpenID Connect: authorization code, PKCE, and an ID token that is checked.

Its libraries take about 15 MB of memory: where no provider is configured, nothing imports this package.
"""
