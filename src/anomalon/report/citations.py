"""One registry of what to cite, and which of it a result used.

A citation is used when one of its `words` occurs in what the search says about itself: the `kind`
of a setting, a feature, the source of the data. Those marked `always` belong to every search.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from anomalon.core.config import lookup

__all__ = ["CITATIONS", "Citation", "bibtex", "cited", "used"]


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
        words: Words or phrases of settings and sources that call for it, in small letters.
        always: True if every resonance search uses it.
    """

    key: str
    authors: str
    title: str
    where: str
    year: int
    gives: str
    arxiv: str = ""
    doi: str = ""
    words: tuple[str, ...] = ()
    always: bool = False

    def bibtex(self) -> str:
        """The entry as BibTeX."""
        rows = {
            "author": self.authors,
            "title": f"{{{self.title}}}",
            "howpublished" if not (self.arxiv or self.doi) else "note": self.where,
            "year": str(self.year),
            "eprint": self.arxiv,
            "archivePrefix": "arXiv" if self.arxiv else "",
            "doi": self.doi,
        }
        body = ",\n".join(f"    {name} = {{{value}}}" for name, value in rows.items() if value)
        return f"@misc{{{self.key},\n{body}\n}}"


def bibtex(citations: Iterable[Citation]) -> str:
    """A whole `references.bib`, with what each entry is cited for as a comment."""
    return "\n".join(f"% {c.gives}\n{c.bibtex()}\n" for c in citations)


def cited(keys: Iterable[str]) -> list[Citation]:
    """The entries of these keys, in the order of the bibliography.

    Raises:
        UnknownKey: If there is no such entry.
    """
    known = {c.key: c for c in CITATIONS}
    wanted = {lookup(known, key, "citation").key for key in keys}
    return [c for c in CITATIONS if c.key in wanted]


def used(*said: Any) -> tuple[Citation, ...]:
    """The citations that settings, sources and notes call for, in the order of the registry.

    Args:
        said: Any tree of dictionaries, lists and texts.

    Example:
        >>> [c.key for c in used({"background": {"kind": "cwola"}}) if not c.always]
        ['Metodiev:2017vrx', 'Collins:2018epr', 'Collins:2019jip']
    """
    text = "\n".join(_texts(said)).lower()

    def occurs(word: str) -> bool:
        return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None

    return tuple(c for c in CITATIONS if c.always or any(map(occurs, c.words)))


def _texts(tree: Any) -> Iterable[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from _texts(value)


CITATIONS: tuple[Citation, ...] = (
    Citation(
        "Metodiev:2017vrx",
        "Metodiev, Eric M. and Nachman, Benjamin and Thaler, Jesse",
        "Classification without labels: Learning from mixed samples in high energy physics",
        "JHEP 10 (2017) 174",
        2017,
        "CWoLa: a classifier of two mixed samples is optimal for their components",
        arxiv="1708.02949",
        doi="10.1007/JHEP10(2017)174",
        words=("cwola",),
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
        words=("cwola",),
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
        words=("cwola",),
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
        always=True,
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
        always=True,
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
        always=True,
    ),
    Citation(
        "Sidak:1967",
        "Sidak, Zbynek",
        "Rectangular Confidence Regions for the Means of Multivariate Normal Distributions",
        "J. Am. Stat. Assoc. 62 (1967) 626",
        1967,
        "the bound on the global p-value from the number of trials",
        doi="10.1080/01621459.1967.10482935",
        always=True,
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
        words=("lhco", "olympics"),
    ),
    Citation(
        "LHCOlympics:data",
        "Kasieczka, Gregor and Nachman, Benjamin and Shih, David",
        "Official Datasets for LHC Olympics 2020 Anomaly Detection Challenge",
        "Zenodo (2019)",
        2019,
        "the R&D events themselves",
        doi="10.5281/zenodo.4536377",
        words=("lhco", "olympics"),
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
        words=("pythia", "pythia8", "anomalon simulation"),
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
        words=("fastjet", "anomalon simulation"),
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
        words=("fastjet", "antikt", "anomalon simulation"),
    ),
    Citation(
        "Choudalakis:2011qn",
        "Choudalakis, Georgios",
        "On hypothesis testing, trials factor, hypertests and the BumpHunter",
        "PHYSTAT 2011",
        2011,
        "the most significant window and its global p-value",
        arxiv="1101.0390",
        words=("bumphunter",),
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
        words=("look-elsewhere",),
    ),
    Citation(
        "Ananiev:2022tqv",
        "Ananiev, Viktor and Read, Alexander L.",
        "Gaussian Process-based calculation of look-elsewhere trials factor",
        "JINST 18 (2023) P05041",
        2023,
        "global p-values from the covariance of a scan",
        arxiv="2206.12328",
        words=("look-elsewhere",),
    ),
    Citation(
        "Dauncey:2014xga",
        "Dauncey, P. D. and Kenzie, M. and Wardle, N. and Davies, G. J.",
        "Handling uncertainties in background shapes: the discrete profiling method",
        "JINST 10 (2015) P04015",
        2015,
        "The background function as a nuisance parameter",
        arxiv="1408.6865",
        doi="10.1088/1748-0221/10/04/P04015",
        words=("profile",),
    ),
    Citation(
        "Read:2002hq",
        "Read, Alexander L.",
        "Presentation of search results: the CLs technique",
        "J. Phys. G 28 (2002) 2693",
        2002,
        "upper limits",
        doi="10.1088/0954-3899/28/10/313",
        words=("cls",),
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
        words=("cls",),
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
        words=("tau1", "tau2", "tau3", "tau21", "tau32", "nsubjettiness"),
    ),
    Citation(
        "Wager:2014jackknife",
        "Wager, Stefan and Hastie, Trevor and Efron, Bradley",
        "Confidence Intervals for Random Forests: The Jackknife and the Infinitesimal Jackknife",
        "J. Mach. Learn. Res. 15 (2014) 1625",
        2014,
        "the covariance of folds that learn from each other",
        arxiv="1311.4555",
        words=("subsample",),
    ),
    Citation(
        "Ke:2017lightgbm",
        "Ke, Guolin and others",
        "LightGBM: A Highly Efficient Gradient Boosting Decision Tree",
        "Advances in Neural Information Processing Systems 30 (2017)",
        2017,
        "boosted trees",
        words=("lightgbm", "trees", "boosted", "hgb"),
    ),
    Citation(
        "Chen:2016btl",
        "Chen, Tianqi and Guestrin, Carlos",
        "XGBoost: A Scalable Tree Boosting System",
        "Proc. 22nd ACM SIGKDD (2016) 785",
        2016,
        "boosted trees",
        arxiv="1603.02754",
        doi="10.1145/2939672.2939785",
        words=("xgboost",),
    ),
    Citation(
        "Pedregosa:2011sklearn",
        "Pedregosa, Fabian and others",
        "Scikit-learn: Machine Learning in Python",
        "J. Mach. Learn. Res. 12 (2011) 2825",
        2011,
        "histogram gradient boosting",
        arxiv="1201.0490",
        words=("sklearn", "hgb"),
    ),
    Citation(
        "jax2018github",
        "Bradbury, James and others",
        "JAX: composable transformations of Python+NumPy programs",
        "Software (2018)",
        2018,
        "compiled training of the networks",
        words=("mlp", "network", "neural", "jax"),
    ),
    Citation(
        "Kidger:2021equinox",
        "Kidger, Patrick and Garcia, Cristian",
        "Equinox: neural networks in JAX via callable PyTrees and filtered transformations",
        "Differentiable Programming workshop at NeurIPS 2021",
        2021,
        "the networks",
        arxiv="2111.00254",
        words=("mlp", "network", "neural", "jax"),
    ),
)
