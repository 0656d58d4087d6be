"""Code written for other names of the same API: the import alias."""
