"""Papers behind the detectors of single events, and their data."""

from anomalon.core.papers.citation import Citation

__all__ = ["PAPERS"]

PAPERS = (
    Citation(
        "Govorkova:2021hqu",
        "Govorkova, Ekaterina and Puljak, Ema and Aarrestad, Thea and Pierini, Maurizio and "
        "Woźniak, Kinga Anna and Ngadiuba, Jennifer",
        "LHC physics dataset for unsupervised New Physics detection at 40 MHz",
        "Sci. Data 9 (2022) 118",
        2022,
        "the layout of events at 40 MHz, and the public events",
        arxiv="2107.02157",
        doi="10.1038/s41597-022-01187-8",
    ),
    Citation(
        "Govorkova:2021utb",
        "Govorkova, Ekaterina and others",
        "Autoencoders on field-programmable gate arrays for real-time, unsupervised new physics "
        "detection at 40 MHz at the Large Hadron Collider",
        "Nature Mach. Intell. 4 (2022) 154",
        2022,
        "autoencoders of such events, for a trigger",
        arxiv="2108.03986",
        doi="10.1038/s42256-022-00441-3",
    ),
    Citation(
        "Chekanov:2018nuh",
        "Chekanov, S. V.",
        "Imaging particle collision data for event classification using machine learning",
        "Nucl. Instrum. Meth. A 931 (2019) 92",
        2019,
        "the rapidity-mass matrix",
        arxiv="1805.11650",
    ),
    Citation(
        "ATLAS:2023ixc",
        "ATLAS Collaboration",
        "Search for New Phenomena in Two-Body Invariant Mass Distributions Using Unsupervised "
        "Machine Learning for Anomaly Detection at sqrt(s) = 13 TeV with the ATLAS Detector",
        "Phys. Rev. Lett. 132 (2024) 081801",
        2024,
        "an autoencoder of the rapidity-mass matrix, without the masses that are searched in",
        arxiv="2307.01612",
    ),
    Citation(
        "Kingma:2013hel",
        "Kingma, Diederik P. and Welling, Max",
        "Auto-Encoding Variational Bayes",
        "International Conference on Learning Representations (2014)",
        2014,
        "variational autoencoders",
        arxiv="1312.6114",
    ),
    Citation(
        "Bardes:2021vicreg",
        "Bardes, Adrien and Ponce, Jean and LeCun, Yann",
        "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning",
        "International Conference on Learning Representations (2022)",
        2022,
        "the loss of the self-supervised encoder",
        arxiv="2105.04906",
    ),
    Citation(
        "Dillon:2023zac",
        "Dillon, Barry M. and others",
        "Anomalies, Representations, and Self-Supervision",
        "SciPost Phys. Core 7 (2024) 056",
        2024,
        "self-supervised representations of collider events for anomaly detection",
        arxiv="2301.04660",
    ),
    Citation(
        "Nachman:2020lpy",
        "Nachman, Benjamin and Shih, David",
        "Anomaly Detection with Density Estimation",
        "Phys. Rev. D 101 (2020) 075042",
        2020,
        "densities of background as anomaly scores",
        arxiv="2001.04990",
        doi="10.1103/PhysRevD.101.075042",
    ),
    Citation(
        "Hendrycks:2018exposure",
        "Hendrycks, Dan and Mazeika, Mantas and Dietterich, Thomas",
        "Deep Anomaly Detection with Outlier Exposure",
        "International Conference on Learning Representations (2019)",
        2019,
        "a classifier that learns from made-up outliers",
        arxiv="1812.04606",
    ),
    Citation(
        "Liu:2008forest",
        "Liu, Fei Tony and Ting, Kai Ming and Zhou, Zhi-Hua",
        "Isolation Forest",
        "IEEE International Conference on Data Mining (2008) 413",
        2008,
        "isolation forests",
        doi="10.1109/ICDM.2008.17",
    ),
    Citation(
        "Ramaswamy:2000knn",
        "Ramaswamy, Sridhar and Rastogi, Rajeev and Shim, Kyuseok",
        "Efficient Algorithms for Mining Outliers from Large Data Sets",
        "ACM SIGMOD International Conference on Management of Data (2000) 427",
        2000,
        "the distance to the nearest neighbours as an outlier score",
        doi="10.1145/342009.335437",
    ),
)
