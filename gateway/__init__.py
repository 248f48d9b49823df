"""The edge: people, sign-in, pages and the public API. The one place where personal data lives."""
