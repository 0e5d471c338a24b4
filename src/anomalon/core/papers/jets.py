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
)
