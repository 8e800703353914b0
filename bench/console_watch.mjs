// Watches a page of the console in Chromium and says when which value was on the screen.
//
//   NODE_PATH=<interop>/node_modules node bench/console_watch.mjs <one-time link>
//
// One JSON request a line on stdin: {"hash": "plant/engine-061", "asset": "engine-061", "seconds": 20}; `asset` only for
// the page of one asset. One JSON answer a line on stdout: {"from": ms, "to": ms, "shown": [[asset, clock, painted_ms]]}.
// Each change of the page is read in the animation frame that paints it; the time is taken at the start of the frame
// after: by then the value has been painted. It is Date.now(), the clock of this machine, as the plant's.
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(process.env.NODE_PATH?.split(":")[0] ?? process.cwd(), "anchor.js"));
const { chromium } = require("playwright-core");

function watch(asset) {
  const clocks = asset
    ? () => {
        const figure = [...document.querySelectorAll("figure.signal")].find(
          (one) => one.querySelector("strong")?.textContent === "cycle",
        );
        return figure ? [[asset, figure.querySelector(".value")?.textContent]] : [];
      }
    : () =>
        [...document.querySelectorAll("[data-tile]")].map((tile) => [
          tile.querySelector("[data-asset]")?.textContent,
          tile.querySelector("[data-clock]")?.textContent,
        ]);
  const last = new Map();
  window.shown = [];
  let waiting = false;
  const look = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const news = [];
      for (const [name, text] of clocks()) {
        const clock = parseInt((text ?? "").replace(/\D/g, ""), 10);
        if (Number.isNaN(clock) || last.get(name) === clock) continue;
        last.set(name, clock);
        news.push([name, clock]);
      }
      if (news.length > 0)
        requestAnimationFrame(() => {
          const painted = Date.now();
          for (const [name, clock] of news) window.shown.push([name, clock, painted]);
        });
    });
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
}

const link = process.argv[2];
if (!link) {
  console.error("usage: console_watch.mjs <one-time link>");
  process.exit(2);
}
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(link, { waitUntil: "domcontentloaded" });
  await page.waitForSelector("main h1");
  for await (const line of createInterface({ input: process.stdin })) {
    const { hash, asset, seconds } = JSON.parse(line);
    await page.goto("about:blank");
    await page.goto(`${new URL("/", link).href}#/${hash}`, { waitUntil: "domcontentloaded" });
    await page.waitForSelector(asset ? "figure.signal .value" : "[data-tile]");
    await page.evaluate(watch, asset);
    const from = Date.now();
    await page.waitForTimeout(seconds * 1000);
    const shown = await page.evaluate(() => window.shown);
    console.log(JSON.stringify({ from, to: Date.now(), shown }));
  }
} finally {
  await browser.close();
}
