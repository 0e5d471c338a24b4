"""Papers behind jets, and their data."""

from anomalon.core.papers.citation import Citation

__all__ = ["PAPERS"]

PAPERS = (
    Citation(
        "Cheng:2020dal",
        "Cheng, Taoli and Arguin, Jean-François and Leissner-Martin, Julien and Pilette, Jacinthe "
        "and Golling, Tobias",
        "Variational autoencoders for anomalous jet tagging",
        "Phys. Rev. D 107 (2023) 016002",
        2023,
        "public jets with their constituents",
        arxiv="2007.01850",
        doi="10.1103/PhysRevD.107.016002",
    ),
    Citation(
        "Cogan:2014oua",
        "Cogan, Josh and Kagan, Michael and Strauss, Emanuel and Schwarztman, Ariel",
        "Jet-Images: Computer Vision Inspired Techniques for Jet Tagging",
        "JHEP 02 (2015) 118",
        2015,
        "images of jets",
        arxiv="1407.5675",
    ),
    Citation(
        "deOliveira:2015xxd",
        "de Oliveira, Luke and Kagan, Michael and Mackey, Lester and Nachman, Benjamin and "
        "Schwartzman, Ariel",
        "Jet-images: deep learning edition",
        "JHEP 07 (2016) 069",
        2016,
        "how images of jets are prepared",
        arxiv="1511.05190",
    ),
    Citation(
        "Komiske:2019fks",
        "Komiske, Patrick T. and Metodiev, Eric M. and Thaler, Jesse",
        "Metric Space of Collider Events",
        "Phys. Rev. Lett. 123 (2019) 041801",
        2019,
        "the energy mover's distance",
        arxiv="1902.02346",
        doi="10.1103/PhysRevLett.123.041801",
    ),
    Citation(
        "Fraser:2021lxm",
        "Fraser, Katherine and Homiller, Samuel and Mishra, Rashmish K. and Ostdiek, Bryan and "
        "Schwartz, Matthew D.",
        "Challenges for unsupervised anomaly detection in particle physics",
        "JHEP 03 (2022) 066",
        2022,
        "medoids of jets under optimal transport, and variational autoencoders beside them",
        arxiv="2110.06948",
    ),
    Citation(
        "Larkoski:2013eya",
        "Larkoski, Andrew J. and Salam, Gavin P. and Thaler, Jesse",
        "Energy Correlation Functions for Jet Substructure",
        "JHEP 06 (2013) 108",
        2013,
        "energy correlators and C2",
        arxiv="1305.0007",
    ),
    Citation(
        "Larkoski:2014gra",
        "Larkoski, Andrew J. and Moult, Ian and Neill, Duff",
        "Power Counting to Better Jet Observables",
        "JHEP 12 (2014) 009",
        2014,
        "D2",
        arxiv="1409.6298",
    ),
)
