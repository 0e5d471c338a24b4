"""The bibliography as BibTeX."""

from collections.abc import Iterable

from anomalon.core.bibliography import BIBLIOGRAPHY, Citation, in_order

__all__ = ["bibtex", "entries"]


def entries(keys: Iterable[str]) -> list[Citation]:
    """The entries of these keys, in the order of the bibliography."""
    return [BIBLIOGRAPHY[key] for key in in_order(*keys)]


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
