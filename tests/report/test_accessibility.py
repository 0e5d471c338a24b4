"""Pages in a real browser: axe-core finds nothing, light and dark, and they fit."""

import json
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
AXE = find_spec("axe_core_python")

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine"),
    pytest.mark.skipif(AXE is None, reason="axe-core-python is not installed"),
]

ASK = """
<script>%s</script>
<script>
document.querySelectorAll("details").forEach(d => d.open = true);
axe.run({exclude: [["svg.figure > *"]]}).then(found => {
  const rows = found.violations.map(
    v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 120)).join(" | "));
  const out = document.createElement("pre");
  out.id = "axe-found";
  out.textContent = JSON.stringify({rows, passes: found.passes.length,
    wide: document.documentElement.scrollWidth - window.innerWidth});
  document.body.appendChild(out);
});
</script>
"""


def browsed(html: str, folder: Path, width: int, *, dark: bool) -> dict:
    """What axe-core says of a page at this width, and how far it is wider than the window."""
    axe = (Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    page = folder / "page.html"
    page.write_text(html.replace("</body>", f"{ASK % axe}</body>"), encoding="utf-8")
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--window-size={width},2000", "--virtual-time-budget=30000", "--dump-dom",
            *(["--blink-settings=preferredColorScheme=0"] if dark else []),
            f"--user-data-dir={folder / 'profile'}", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    found = re.search(r'<pre id="axe-found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    text = found[1]
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return json.loads(text)


@pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (1280, True), (500, False), (500, True)]
)
def test_axe_finds_nothing_and_the_page_fits(written, tmp_path, width, dark):
    found = browsed(written.html, tmp_path, width, dark=dark)
    assert found["rows"] == []
    assert found["passes"] > 10  # it has looked
    assert found["wide"] <= 0
