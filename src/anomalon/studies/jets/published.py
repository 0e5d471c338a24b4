"""What the seminar of December 2021 on arXiv:2110.06948 prints: areas under curves, (top, W).

On other jets: those of Zenodo 4614656 and 4641460 (MadGraph, Pythia 8, Delphes).
"""

from collections.abc import Mapping

__all__ = ["AUTOENCODERS", "BACKGROUND_REFERENCES", "METRICS", "TOP_REFERENCES"]

Auc = tuple[float, float]

METRICS = ("loss", "MSE", "MAE", "EMD(0.5)", "EMD(1)", "EMD(2)")

AUTOENCODERS: Mapping[tuple[str, int, str], Auc] = {
    ("MSE", 1, "loss"): (0.823, 0.610), ("MSE", 2, "loss"): (0.833, 0.654),
    ("MSE", 3, "loss"): (0.837, 0.647), ("MSE", 1, "MSE"): (0.820, 0.603),
    ("MSE", 2, "MSE"): (0.832, 0.652), ("MSE", 3, "MSE"): (0.837, 0.647),
    ("MSE", 1, "MAE"): (0.793, 0.480), ("MSE", 2, "MAE"): (0.802, 0.529),
    ("MSE", 3, "MAE"): (0.808, 0.533), ("MSE", 1, "EMD(0.5)"): (0.819, 0.446),
    ("MSE", 2, "EMD(0.5)"): (0.816, 0.509), ("MSE", 3, "EMD(0.5)"): (0.828, 0.522),
    ("MSE", 1, "EMD(1)"): (0.828, 0.411), ("MSE", 2, "EMD(1)"): (0.815, 0.506),
    ("MSE", 3, "EMD(1)"): (0.836, 0.518), ("MSE", 1, "EMD(2)"): (0.807, 0.388),
    ("MSE", 2, "EMD(2)"): (0.809, 0.543), ("MSE", 3, "EMD(2)"): (0.817, 0.539),
    ("transport", 1, "loss"): (0.776, 0.436), ("transport", 2, "loss"): (0.790, 0.457),
    ("transport", 3, "loss"): (0.788, 0.412), ("transport", 1, "MSE"): (0.711, 0.572),
    ("transport", 2, "MSE"): (0.757, 0.608), ("transport", 3, "MSE"): (0.788, 0.604),
    ("transport", 1, "MAE"): (0.718, 0.486), ("transport", 2, "MAE"): (0.750, 0.516),
    ("transport", 3, "MAE"): (0.774, 0.513), ("transport", 1, "EMD(0.5)"): (0.751, 0.469),
    ("transport", 2, "EMD(0.5)"): (0.772, 0.494), ("transport", 3, "EMD(0.5)"): (0.785, 0.473),
    ("transport", 1, "EMD(1)"): (0.776, 0.436), ("transport", 2, "EMD(1)"): (0.790, 0.457),
    ("transport", 3, "EMD(1)"): (0.788, 0.412), ("transport", 1, "EMD(2)"): (0.756, 0.389),
    ("transport", 2, "EMD(2)"): (0.770, 0.401), ("transport", 3, "EMD(2)"): (0.720, 0.358),
}  # fmt: skip
"""By what the network was trained on, its down-sampling blocks, and the score."""

BACKGROUND_REFERENCES: Mapping[tuple[str, str], Auc] = {
    ("average", "EMD(1)"): (0.806, 0.618), ("average", "EMD(5)"): (0.533, 0.598),
    ("average", "MSE"): (0.832, 0.712), ("1 medoid", "EMD(1)"): (0.831, 0.656),
    ("1 medoid", "EMD(5)"): (0.680, 0.360), ("1 medoid", "MSE"): (0.820, 0.711),
    ("3 medoids", "EMD(1)"): (0.853, 0.675), ("3 medoids", "EMD(5)"): (0.659, 0.411),
    ("3 medoids", "MSE"): (0.819, 0.613), ("5 medoids", "EMD(1)"): (0.866, 0.596),
    ("5 medoids", "EMD(5)"): (0.708, 0.426), ("5 medoids", "MSE"): (0.829, 0.668),
    ("7 medoids", "EMD(1)"): (0.865, 0.612), ("7 medoids", "EMD(5)"): (0.714, 0.460),
    ("7 medoids", "MSE"): (0.832, 0.650),
}  # fmt: skip
"""Distance to references of QCD, the least of several, by reference and metric."""

TOP_REFERENCES: Mapping[tuple[str, str], Auc] = {
    ("average", "EMD(1)"): (0.69, 0.69), ("average", "EMD(5)"): (0.72, 0.40),
    ("average", "MSE"): (0.48, 0.57), ("1 medoid", "EMD(1)"): (0.58, 0.79),
    ("1 medoid", "EMD(5)"): (0.53, 0.52), ("1 medoid", "MSE"): (0.29, 0.64),
    ("3 medoids", "EMD(1)"): (0.32, 0.79), ("3 medoids", "EMD(5)"): (0.66, 0.61),
    ("3 medoids", "MSE"): (0.25, 0.36), ("5 medoids", "EMD(1)"): (0.45, 0.84),
    ("5 medoids", "EMD(5)"): (0.61, 0.54), ("5 medoids", "MSE"): (0.32, 0.58),
    ("7 medoids", "EMD(1)"): (0.49, 0.83), ("7 medoids", "EMD(5)"): (0.63, 0.53),
    ("7 medoids", "MSE"): (0.33, 0.59), ("3 medoids, sum", "EMD(5)"): (0.66, 0.66),
    ("5 medoids, sum", "EMD(5)"): (0.73, 0.58), ("7 medoids, sum", "EMD(5)"): (0.75, 0.60),
}  # fmt: skip
"""References of tops; the orientation is not said. Its comments go with AUC > 1/2 where the signal
is nearer to the tops than QCD is."""
