"""Public names of objects, configs from constructors, and objects as JSON."""
