"""The public API under /v1: each operation is declared where it is handled, and `openapi.json` is made of the declarations."""
