"""Papers of the software that does the work, and of jets."""

from anomalon.core.papers.citation import Citation

__all__ = ["PAPERS"]

PAPERS = (
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
        "Pedregosa:2011sklearn",
        "Pedregosa, Fabian and others",
        "Scikit-learn: Machine Learning in Python",
        "J. Mach. Learn. Res. 12 (2011) 2825",
        2011,
        "the trees of isolation forests",
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
