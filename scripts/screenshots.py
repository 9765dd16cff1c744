"""Take the pictures of the web app for the README and the documentation: run `make demo` first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent.parent
DEMO, DOCS = Path(os.environ.get("DEMO_OUT", HERE / "demo-out")), HERE / "docs/images"
CHROMIUM = "/usr/bin/chromium"
QUIET = [f"--disable-{what}" for what in ("gpu", "quic", "background-networking", "component-update", "sync")]
PORT = "8391"


def main() -> int:
    """Start the web app, sign in, and take each picture."""
    command = [HERE / ".venv/bin/sightline", "serve", "--workspace", DEMO / "exercise", "--keys", DEMO, "--port", PORT]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as app_server:  # noqa: S603
        try:
            assert app_server.stdout is not None
            link = next(line.split()[0] for line in app_server.stdout if "investigating-officer" in line)
            with sync_playwright() as play:
                browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
                page = browser.new_page(viewport={"width": 1280, "height": 860})
                page.goto(link)
                # Pictures show pages as an officer sees them who has read their introductions.
                page.context.add_cookies([{"name": "toured", "value": "all", "url": link.partition("/sign-in")[0]}])
                for name, path in pictures(page, link).items():
                    take(page, link, path, DOCS / name)
                browser.close()
        finally:
            app_server.terminate()
    return 0


def pictures(page: Page, link: str) -> dict[str, str]:
    """Each picture and its page."""
    return {
        "web-app-home.png": "/",
        "web-app-lead.png": most_urgent(page, link),
        "web-app-map.png": "/map",
        "web-app-leads.png": "/leads?ceiling=subscriber&sort=-visits",
        "web-app-referrals.png": "/referrals",
        "web-app-notices.png": "/notices",
    }


def most_urgent(page: Page, link: str) -> str:
    """Of the leads whose subscriber two resolutions agree on the one that stands first."""
    resolutions = map(json.loads, (DEMO / "resolutions.jsonl").read_text(encoding="utf-8").splitlines())
    whose = {
        f"/leads/{resolution['lead_id']}"
        for resolution in resolutions
        if len(resolution["subscribers"]) == 1 and resolution["subscribers"][0]["corroborated"]
    }
    page.goto(link.partition("/sign-in")[0] + "/leads?status=answered")
    rows = page.eval_on_selector_all("a.row", "all => all.map(one => one.getAttribute('href'))")
    return next(str(row) for row in rows if row in whose)


def take(page: Page, link: str, path: str, out: Path) -> None:
    """One picture, once the page has drawn its charts."""
    page.goto(link.partition("/sign-in")[0] + path)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=out)
    sys.stderr.write(f"{out.relative_to(HERE)}  {out.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    sys.exit(main())
