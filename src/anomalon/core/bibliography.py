"""The papers behind the methods, and which of them a setting calls for.

A class that implements a published method names it in a class attribute `cites`, a tuple of keys of
`BIBLIOGRAPHY`; a setting of which only some choices do has it as a property. `cited` collects them
from whatever was used. Results keep the keys.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType
from typing import Any

__all__ = ["BIBLIOGRAPHY", "Citation", "cited", "in_order"]


@dataclass(frozen=True)
class Citation:
    """One entry of the bibliography.

    Args:
        key: BibTeX key, as INSPIRE gives it where it has one.
        authors: In BibTeX's form.
        title: Plain text.
        where: Journal, volume and page, or the place of publication.
        year: Of publication.
        gives: What anomalon takes from it, in a few words.
        arxiv: arXiv number, if any.
        doi: DOI, if any.
    """

    key: str
    authors: str
    title: str
    where: str
    year: int
    gives: str
    arxiv: str = ""
    doi: str = ""


def cited(*used: Any) -> tuple[str, ...]:
    """The keys that these objects call for, and the settings inside of them.

    Args:
        used: Settings: dataclasses, tuples and mappings of them. Texts call for nothing.

    Raises:
        KeyError: If an object names a key that is not in the bibliography.
    """
    return in_order(*_keys(used))


def in_order(*keys: str) -> tuple[str, ...]:
    """Keys in the order of the bibliography, each once.

    Raises:
        KeyError: If one is not in it.
    """
    known = {key: place for place, key in enumerate(BIBLIOGRAPHY)}
    return tuple(sorted(set(keys), key=lambda key: known[key]))


def _keys(used: Any) -> Iterator[str]:
    if isinstance(used, Mapping):
        used = tuple(used.values())
    if isinstance(used, list | tuple):
        for entry in used:
            yield from _keys(entry)
    elif is_dataclass(used) and not isinstance(used, type):
        yield from getattr(used, "cites", ())
        for field in fields(used):
            yield from _keys(getattr(used, field.name))


_ENTRIES = (
    Citation(
        "Metodiev:2017vrx",
        "Metodiev, Eric M. and Nachman, Benjamin and Thaler, Jesse",
        "Classification without labels: Learning from mixed samples in high energy physics",
        "JHEP 10 (2017) 174",
        2017,
        "CWoLa: a classifier of two mixed samples is optimal for their components",
        arxiv="1708.02949",
        doi="10.1007/JHEP10(2017)174",
    ),
    Citation(
        "Collins:2018epr",
        "Collins, Jack H. and Howe, Kiel and Nachman, Benjamin",
        "Anomaly Detection for Resonant New Physics with Machine Learning",
        "Phys. Rev. Lett. 121 (2018) 241803",
        2018,
        "CWoLa hunting: signal region against side bands in a bump hunt",
        arxiv="1805.02664",
        doi="10.1103/PhysRevLett.121.241803",
    ),
    Citation(
        "Collins:2019jip",
        "Collins, Jack H. and Howe, Kiel and Nachman, Benjamin",
        "Extending the search for new resonances with machine learning",
        "Phys. Rev. D 99 (2019) 014038",
        2019,
        "nested cross-validation, so that no event is judged by a classifier that saw it",
        arxiv="1902.02634",
        doi="10.1103/PhysRevD.99.014038",
    ),
    Citation(
        "Hallin:2021wme",
        "Hallin, Anna and Isaacson, Joshua and Kasieczka, Gregor and Krause, Claudius and Nachman, "
        "Benjamin and Quadfasel, Tobias and Schlaffer, Matthias and Shih, David and Sommerhalder, "
        "Manuel",
        "Classifying anomalies through outer density estimation",
        "Phys. Rev. D 106 (2022) 055006",
        2022,
        "the idealised template: true background of the signal region",
        arxiv="2109.00546",
        doi="10.1103/PhysRevD.106.055006",
    ),
    Citation(
        "Hallin:2022eoq",
        "Hallin, Anna and Kasieczka, Gregor and Quadfasel, Tobias and Shih, David and "
        "Sommerhalder, Manuel",
        "Resonant anomaly detection without background sculpting",
        "Phys. Rev. D 107 (2023) 114012",
        2023,
        "comparison of data and template in the latent space of a flow",
        arxiv="2210.14924",
        doi="10.1103/PhysRevD.107.114012",
    ),
    Citation(
        "Andreassen:2020nkr",
        "Andreassen, Anders and Nachman, Benjamin and Shih, David",
        "Simulation assisted likelihood-free anomaly detection",
        "Phys. Rev. D 101 (2020) 095004",
        2020,
        "simulation that is reweighted to data in the side bands, as background template",
        arxiv="2001.05001",
        doi="10.1103/PhysRevD.101.095004",
    ),
    Citation(
        "Raine:2022hht",
        "Raine, John Andrew and Klein, Samuel and Sengupta, Debajyoti and Golling, Tobias",
        "CURTAINs for your sliding window: Constructing unobserved regions by transforming "
        "adjacent intervals",
        "Front. Big Data 6 (2023) 899345",
        2023,
        "side-band events that are transformed to masses of the signal region",
        arxiv="2203.09470",
        doi="10.3389/fdata.2023.899345",
    ),
    Citation(
        "Sengupta:2023xqy",
        "Sengupta, Debajyoti and Klein, Samuel and Raine, John Andrew and Golling, Tobias",
        "CURTAINs flows for flows: Constructing unobserved regions with maximum likelihood "
        "estimation",
        "SciPost Phys. 17 (2024) 046",
        2024,
        "training of that transformation by maximum likelihood",
        arxiv="2305.04646",
        doi="10.21468/SciPostPhys.17.2.046",
    ),
    Citation(
        "Das:2023bcj",
        "Das, Ranit and Kasieczka, Gregor and Shih, David",
        "Residual ANODE",
        "arXiv:2312.11629",
        2023,
        "a density of the signal, learned beside that of the background in the signal region",
        arxiv="2312.11629",
    ),
    Citation(
        "Lipman:2022fm",
        "Lipman, Yaron and Chen, Ricky T. Q. and Ben-Hamu, Heli and Nickel, Maximilian and Le, "
        "Matt",
        "Flow matching for generative modeling",
        "ICLR 2023",
        2023,
        "continuous flows that are trained by regression",
        arxiv="2210.02747",
    ),
    Citation(
        "Durkan:2019nsq",
        "Durkan, Conor and Bekasov, Artur and Murray, Iain and Papamakarios, George",
        "Neural spline flows",
        "NeurIPS 32 (2019)",
        2019,
        "the splines of normalising flows",
        arxiv="1906.04032",
    ),
    Citation(
        "ATLAS:2025obc",
        "{ATLAS Collaboration}",
        "Weakly supervised anomaly detection for resonant new physics in the dijet final state "
        "using proton-proton collisions at sqrt(s) = 13 TeV with the ATLAS detector",
        "Phys. Rev. D 112 (2025) 072009",
        2025,
        "sliding windows, working points, ensembles and their uncertainty in the counts",
        arxiv="2502.09770",
        doi="10.1103/2yq5-vj59",
    ),
    Citation(
        "Cousins:2008zz",
        "Cousins, Robert D. and Linnemann, James T. and Tucker, Jordan",
        "Evaluation of three methods for calculating statistical significance when incorporating "
        "a systematic uncertainty into a test of the background-only hypothesis for a Poisson "
        "process",
        "Nucl. Instrum. Meth. A 595 (2008) 480",
        2008,
        "the significance of an excess over a background that is known with an uncertainty",
        arxiv="physics/0702156",
        doi="10.1016/j.nima.2008.07.086",
    ),
    Citation(
        "Bohm:2013gla",
        "Bohm, G. and Zech, G.",
        "Statistics of weighted Poisson events and its applications",
        "Nucl. Instrum. Meth. A 748 (2014) 1",
        2014,
        "counts that are means over an ensemble of selections",
        arxiv="1309.1287",
        doi="10.1016/j.nima.2014.02.021",
    ),
    Citation(
        "Sidak:1967",
        "Sidak, Zbynek",
        "Rectangular Confidence Regions for the Means of Multivariate Normal Distributions",
        "J. Am. Stat. Assoc. 62 (1967) 626",
        1967,
        "the bound on the global p-value from the number of trials",
        doi="10.1080/01621459.1967.10482935",
    ),
    Citation(
        "Kasieczka:2021xcg",
        "Kasieczka, Gregor and others",
        "The LHC Olympics 2020: a community challenge for anomaly detection in high energy physics",
        "Rept. Prog. Phys. 84 (2021) 124201",
        2021,
        "the LHC Olympics, whose events or set-up were searched",
        arxiv="2101.08320",
        doi="10.1088/1361-6633/ac36b9",
    ),
    Citation(
        "LHCOlympics:data",
        "Kasieczka, Gregor and Nachman, Benjamin and Shih, David",
        "Official Datasets for LHC Olympics 2020 Anomaly Detection Challenge",
        "Zenodo (2019)",
        2019,
        "the R&D events themselves",
        doi="10.5281/zenodo.4536377",
    ),
    Citation(
        "Bierlich:2022pfr",
        "Bierlich, Christian and others",
        "A comprehensive guide to the physics and usage of PYTHIA 8.3",
        "SciPost Phys. Codebases 8 (2022)",
        2022,
        "event generation",
        arxiv="2203.11601",
        doi="10.21468/SciPostPhysCodeb.8",
    ),
    Citation(
        "Cacciari:2011ma",
        "Cacciari, Matteo and Salam, Gavin P. and Soyez, Gregory",
        "FastJet User Manual",
        "Eur. Phys. J. C 72 (2012) 1896",
        2012,
        "jet clustering",
        arxiv="1111.6097",
        doi="10.1140/epjc/s10052-012-1896-2",
    ),
    Citation(
        "Cacciari:2008gp",
        "Cacciari, Matteo and Salam, Gavin P. and Soyez, Gregory",
        "The anti-kt jet clustering algorithm",
        "JHEP 04 (2008) 063",
        2008,
        "the jets",
        arxiv="0802.1189",
        doi="10.1088/1126-6708/2008/04/063",
    ),
    Citation(
        "ATLAS:2019fgd",
        "{ATLAS Collaboration}",
        "Search for new resonances in mass distributions of jet pairs using 139 fb^-1 of pp "
        "collisions at sqrt(s) = 13 TeV with the ATLAS detector",
        "JHEP 03 (2020) 145",
        2020,
        "the dijet function",
        arxiv="1910.08447",
        doi="10.1007/JHEP03(2020)145",
    ),
    Citation(
        "Choudalakis:2011qn",
        "Choudalakis, Georgios",
        "On hypothesis testing, trials factor, hypertests and the BumpHunter",
        "PHYSTAT 2011",
        2011,
        "the most significant window and its global p-value",
        arxiv="1101.0390",
    ),
    Citation(
        "Gross:2010qma",
        "Gross, Eilam and Vitells, Ofer",
        "Trial factors for the look elsewhere effect in high energy physics",
        "Eur. Phys. J. C 70 (2010) 525",
        2010,
        "the look-elsewhere effect",
        arxiv="1005.1891",
        doi="10.1140/epjc/s10052-010-1470-8",
    ),
    Citation(
        "Ananiev:2022tqv",
        "Ananiev, Viktor and Read, Alexander L.",
        "Gaussian Process-based calculation of look-elsewhere trials factor",
        "JINST 18 (2023) P05041",
        2023,
        "global p-values from the covariance of a scan",
        arxiv="2206.12328",
    ),
    Citation(
        "Dauncey:2014xga",
        "Dauncey, P. D. and Kenzie, M. and Wardle, N. and Davies, G. J.",
        "Handling uncertainties in background shapes: the discrete profiling method",
        "JINST 10 (2015) P04015",
        2015,
        "the background function as a nuisance parameter",
        arxiv="1408.6865",
        doi="10.1088/1748-0221/10/04/P04015",
    ),
    Citation(
        "Read:2002hq",
        "Read, Alexander L.",
        "Presentation of search results: the CLs technique",
        "J. Phys. G 28 (2002) 2693",
        2002,
        "upper limits",
        doi="10.1088/0954-3899/28/10/313",
    ),
    Citation(
        "Cowan:2010js",
        "Cowan, Glen and Cranmer, Kyle and Gross, Eilam and Vitells, Ofer",
        "Asymptotic formulae for likelihood-based tests of new physics",
        "Eur. Phys. J. C 71 (2011) 1554",
        2011,
        "asymptotic distributions of limits",
        arxiv="1007.1727",
        doi="10.1140/epjc/s10052-011-1554-0",
    ),
    Citation(
        "Thaler:2010tr",
        "Thaler, Jesse and Van Tilburg, Ken",
        "Identifying Boosted Objects with N-subjettiness",
        "JHEP 03 (2011) 015",
        2011,
        "the substructure features",
        arxiv="1011.2268",
        doi="10.1007/JHEP03(2011)015",
    ),
    Citation(
        "Wager:2014jackknife",
        "Wager, Stefan and Hastie, Trevor and Efron, Bradley",
        "Confidence Intervals for Random Forests: The Jackknife and the Infinitesimal Jackknife",
        "J. Mach. Learn. Res. 15 (2014) 1625",
        2014,
        "the covariance of folds that learn from each other",
        arxiv="1311.4555",
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
    Citation(
        "Pedregosa:2011sklearn",
        "Pedregosa, Fabian and others",
        "Scikit-learn: Machine Learning in Python",
        "J. Mach. Learn. Res. 12 (2011) 2825",
        2011,
        "the trees of isolation forests, and the search for neighbours",
    ),
    Citation(
        "Ke:2017lightgbm",
        "Ke, Guolin and others",
        "LightGBM: A Highly Efficient Gradient Boosting Decision Tree",
        "Advances in Neural Information Processing Systems 30 (2017)",
        2017,
        "boosted trees",
    ),
    Citation(
        "jax2018github",
        "Bradbury, James and others",
        "JAX: composable transformations of Python+NumPy programs",
        "Software (2018)",
        2018,
        "compiled training of the networks",
    ),
    Citation(
        "Kidger:2021equinox",
        "Kidger, Patrick and Garcia, Cristian",
        "Equinox: neural networks in JAX via callable PyTrees and filtered transformations",
        "Differentiable Programming workshop at NeurIPS 2021",
        2021,
        "the networks",
        arxiv="2111.00254",
    ),
)

BIBLIOGRAPHY: Mapping[str, Citation] = MappingProxyType({entry.key: entry for entry in _ENTRIES})
"""Everything that anomalon cites, by key."""
