"""The entries of the bibliography, a file for each kind of work."""
