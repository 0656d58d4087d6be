"""State: variables, the adapter that makes code on them pure, what an object owns, seeds."""
