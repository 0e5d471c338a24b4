"""The answer of a search in a sentence or two: what it claims, or why it claims nothing."""

from typing import TYPE_CHECKING

from anomalon.core.rounding import efficiency as working_point
from anomalon.core.rounding import p_value, sigmas
from anomalon.search.results.claim import Claim, result_of
from anomalon.search.results.ledger import GlobalP, Trial, global_p

if TYPE_CHECKING:
    from anomalon.search.results.scan import Scan

__all__ = ["headline"]

_OPENING = {
    "excess": "Excess in",
    "checks failed": "Not a credible excess:",
    "nothing": "No significant excess. The largest is in",
}


def headline(scan: "Scan", claim: Claim) -> str:
    """The answer.

    Args:
        scan: The search.
        claim: What it may claim.
    """
    best = scan.best
    if best is None:
        return (
            f"No answer: none of the {len(scan.ledger)} trials has a p-value. "
            "The reasons are listed below."
        )
    what = f"{_where(scan, best)}: {sigmas(best.z_local)} local"
    after = _after(scan, GlobalP(scan.p_global, scan.p_global_source))
    words = [f"{_OPENING[claim.status]} {what}; {after}."]
    if claim.status == "nothing" and best.z_local <= 0:
        words = [f"No significant excess, and no count above its expectation. Highest is {what};"]
        words.append(f"{after}.")
    failed = [f"{c.what} ({c.found})" for c in claim.failed if c.verdict == "failed"]
    if failed:
        words.append(f"Its checks failed: {'; '.join(failed)}.")
    words += [
        f"It is not known whether the features tell the mass ({check.found})."
        for check in claim.failed
        if check.verdict == "not made"
    ]
    if claim.instead is not None:
        z = f"{_where(scan, claim.instead)}: {sigmas(claim.instead.z_local)} local"
        own = _after(scan, global_p(scan.ledger, scan.toys, claim.instead, scan.correlated))
        words.append(f"Among the trials whose checks passed there is an excess in {z}; {own}.")
    return " ".join(words)


def _where(scan: "Scan", trial: Trial) -> str:
    found = result_of(scan, trial)
    if found is not None and found[0].by == "cut" and trial.efficiency < 1:
        return f"window {trial.window} GeV, {trial.features}"
    cut = "" if trial.efficiency >= 1 else "background efficiency "
    return f"window {trial.window} GeV, {cut}{working_point(trial.efficiency)}"


def _after(scan: "Scan", p_global: GlobalP) -> str:
    """What is left of it after all trials."""
    if p_global.p is None or p_global.z is None:
        return "it has no global bound"
    n = scan.n_with_answer
    most, least = ("at most ", "at least ") if p_global.is_bound else ("", "")
    z = f" ({least}{sigmas(p_global.z)})" if p_global.z > 0 else ""
    return f"{_trials(n, len(scan.ledger))} the global p-value is {most}{p_value(p_global.p)}{z}"


def _trials(n: int, of: int) -> str:
    """How many have an answer."""
    if n < of:
        return f"after the {n} of {of} trials that have an answer"
    return f"after all {n} trials" if n > 1 else "after its only trial"
