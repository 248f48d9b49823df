"""Every fact that crosses a folder boundary, one file per publisher. `registry` maps a type to its class."""
