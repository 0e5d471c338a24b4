"""`Citation`: one entry of the bibliography."""

from dataclasses import dataclass

__all__ = ["Citation"]


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
