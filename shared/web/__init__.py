"""HTTP between people, the gateway and the services: problems, principals, health, serving and calling."""
