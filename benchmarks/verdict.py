"""The last line of every benchmark: what was measured, beside whom, and whether the bar is met."""

import json
from typing import Any

import numpy as np


def row(
    what: str,
    ours: float,
    *,
    bar: str,
    ok: bool,
    peer: float | None = None,
    peer_name: str | None = None,
    ratio: float | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One measured figure; `ratio` above 1 means that ours is better."""
    return {
        "what": what,
        "ours": round(float(ours), 5),
        "peer": peer,
        "peer_name": peer_name,
        "ratio": None if ratio is None else round(float(ratio), 3),
        "bar": bar,
        "ok": bool(ok),
    } | more


def finish(name: str, results: list[dict[str, Any]]) -> None:
    """Print the table for people, then the line for machines."""
    width = max(len(r["what"]) for r in results)
    for r in results:
        peer = "" if r["peer"] is None else f"  {r['peer_name']}: {r['peer']:g}"
        mark = "ok  " if r["ok"] else "MISS"
        print(f"{mark} {r['what']:<{width}}  {r['ours']:>10g}  (bar {r['bar']}){peer}")
    print(json.dumps({"name": name, "results": results}))


def spread(values: Any) -> str:
    """Median and range, for people."""
    v = np.asarray(values, dtype=float)
    return f"{np.median(v):.2f} [{v.min():.2f}..{v.max():.2f}]"
