"""Python's control flow on values that are not known yet: `if`, `while` and `for` of a user's code
converted to what can be compiled."""
