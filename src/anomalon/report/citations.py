"""The bibliography as BibTeX, and the citations of searches in a histogram."""

from collections.abc import Iterable, Mapping

from anomalon.core.bibliography import BIBLIOGRAPHY, Citation

__all__ = ["bibtex", "used"]

_WORDS = {
    "Choudalakis:2011qn": "bumphunter",
    "Gross:2010qma": "look-elsewhere",
    "Ananiev:2022tqv": "look-elsewhere",
    "Dauncey:2014xga": "profile",
    "Read:2002hq": "cls",
    "Cowan:2010js": "cls",
}


def bibtex(citations: Iterable[Citation]) -> str:
    """A whole `references.bib`, with what each entry is cited for as a comment."""
    return "\n".join(f"% {c.gives}\n{_entry(c)}\n" for c in citations)


def _entry(citation: Citation) -> str:
    identified = citation.arxiv or citation.doi
    rows = {
        "author": citation.authors,
        "title": f"{{{citation.title}}}",
        "note" if identified else "howpublished": citation.where,
        "year": str(citation.year),
        "eprint": citation.arxiv,
        "archivePrefix": "arXiv" if citation.arxiv else "",
        "doi": citation.doi,
    }
    body = ",\n".join(f"    {name} = {{{value}}}" for name, value in rows.items() if value)
    return f"@misc{{{citation.key},\n{body}\n}}"


def used(words: Mapping[str, str]) -> tuple[Citation, ...]:
    """The citations of a search in a histogram, by the names of its methods."""
    return tuple(BIBLIOGRAPHY[key] for key, word in _WORDS.items() if word in words.values())
