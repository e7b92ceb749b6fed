"""The pictures in docs/: the organizers' report of the demo, in real Chromium.

    python tests/benchmarks/screenshots.py [--track FOLDER] [--out docs]

Without `--track` (a folder that `aggregate` or `demo` wrote: `FOLDER/organizer/index.html`) the demo is played first.
The pictures are quantized to 192 colours, so that they stay small in git.
"""

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).resolve().parents[2] / "docs"
COLOURS = 192
# name → width, height in CSS pixels, colour scheme, pixels of the picture for one of CSS
PICTURES = {
    "organizer-report": (1200, 1560, "light", 1),
    "organizer-report-phone": (390, 1040, "dark", 2),
}  # fmt: skip


def play(folder: Path) -> Path:
    """Plays the demo into a folder, and gives its track."""
    subprocess.run([sys.executable, "-m", "neuclir_carbon", "demo", "--out", str(folder / "demo")], check=True)
    return folder / "demo" / "track"


def picture(browser: Browser, page: Path, name: str) -> bytes:
    """One picture of the page as PNG."""
    width, height, scheme, scale = PICTURES[name]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=scale,
    )  # fmt: skip
    opened = context.new_page()
    opened.goto(page.as_uri())
    shot = Image.open(io.BytesIO(opened.screenshot()))
    context.close()
    sheet = io.BytesIO()
    shot.convert("RGB").quantize(COLOURS).save(sheet, "PNG", optimize=True)
    return sheet.getvalue()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--track", type=Path)
    options.add_argument("--out", type=Path, default=DOCS)
    chosen = options.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        track = chosen.track or play(Path(folder))
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--no-first-run"])
        for name in PICTURES:
            data = picture(browser, (track / "organizer" / "index.html").resolve(), name)
            (chosen.out / f"{name}.png").write_bytes(data)
            print(f"{name}.png: {len(data) / 1024:.0f} KiB")
        browser.close()


if __name__ == "__main__":
    main()
