"""The study of jets: what an anomaly score of a jet measures (arXiv:2110.06948), and beyond."""
