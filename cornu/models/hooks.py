"""What `Model` must do without knowing `Functional`, which is built on it; `functional` fills this
table."""

BUILDERS = {}
