"""The ATLAS trigger poster: autoencoders for two levels, at a fixed rate."""
