import re

from anomalon.core.bibliography import BIBLIOGRAPHY
from anomalon.report.citations import bibtex


def test_bibtex_balances_its_braces_and_holds_every_key():
    text = bibtex(BIBLIOGRAPHY.values())
    assert text.count("{") == text.count("}")
    assert re.findall(r"^@misc\{(.+),$", text, re.MULTILINE) == list(BIBLIOGRAPHY)


def test_what_has_no_number_says_where_it_was_published():
    software, paper = (bibtex([BIBLIOGRAPHY[key]]) for key in ("jax2018github", "Read:2002hq"))
    assert "howpublished = {Software (2018)}" in software
    assert "note = {J. Phys. G 28 (2002) 2693}" in paper
    assert "doi = {10.1088/0954-3899/28/10/313}" in paper
