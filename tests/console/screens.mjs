// Walks through the console in a real browser: logs in by the one-time link, visits every room at 1280 px (light)
// and 390 px (dark), waits for real content, checks accessibility (axe-core), keyboard, browser errors, takes pictures.
//
//   NODE_PATH=<interop>/node_modules node tests/console/screens.mjs <one-time link> <folder for PNGs> [--empty]
//
// --empty: a platform without data; then every room must say what belongs there.
// Exit 0: all held; 1: something did not; 2: wrong usage.
import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checks } from "./checks.mjs";

const require = createRequire(join(process.env.NODE_PATH?.split(":")[0] ?? process.cwd(), "anchor.js"));
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

const [link, folder, flag] = process.argv.slice(2);
if (!link || !folder || (flag && flag !== "--empty")) {
  console.error("usage: screens.mjs <one-time link> <folder for PNGs> [--empty]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const failures = [];
const sizes = [
  { name: "wide", width: 1280, height: 800, colorScheme: "light" },
  { name: "narrow", width: 390, height: 844, colorScheme: "dark" },
];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
  );
  for (const { id, help, nodes } of violations)
    failures.push(
      `${where}: accessibility ${id}: ${help}: ${nodes
        .slice(0, 3)
        .map(({ target, any }) => `${target.join(" ")}${any[0] ? ` (${any[0].message})` : ""}`)
        .join("; ")}`,
    );
}

async function attempt(where, action) {
  try {
    return await action();
  } catch (error) {
    failures.push(
      `${where}: ${String(error.message ?? error)
        .split("\n")
        .slice(0, 3)
        .join(" ")}`,
    );
    return undefined;
  }
}

const started = Date.now();
let cookies;
try {
  for (const { name, width, height, colorScheme } of sizes) {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme,
      reducedMotion: "reduce",
      deviceScaleFactor: 1,
    });
    if (cookies) await context.addCookies(cookies); // the link works once; the session goes on
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("console", (message) => {
      if (message.type() === "error") failures.push(`${name}: browser console: ${message.text()}`);
    });
    page.on("pageerror", (error) => failures.push(`${name}: exception: ${error.message}`));
    const home = new URL("/", link).href;
    const reached = await attempt(`${name}: log in`, async () => {
      await page.goto(cookies ? home : link, { waitUntil: "domcontentloaded" });
      await page.waitForSelector("main h1");
      return true;
    });
    if (!reached) break;
    cookies ??= await context.cookies();
    for (const { room, visit } of checks({ page, home, empty: flag === "--empty", wide: name === "wide" })) {
      const where = `${name}: ${room}`;
      await attempt(where, visit);
      await attempt(where, () => accessible(page, where));
      await attempt(where, async () => {
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (overflow > 0) throw new Error(`the page is ${overflow} px wider than the screen`);
      });
      await page.evaluate(() => window.scrollTo(0, 0));
      await attempt(where, () => page.screenshot({ path: join(folder, `${room}-${name}.png`) }));
      console.log(
        `[console] ${where}: ${await page
          .locator("main h1")
          .first()
          .innerText()
          .catch(() => "no answer")}`,
      );
    }
    await context.close();
  }
} finally {
  await browser.close();
}
writeFileSync(
  join(folder, "report.json"),
  JSON.stringify({ passed: failures.length === 0, seconds: (Date.now() - started) / 1000, failures }, null, 1),
);
for (const failure of failures) console.error(`[console] FAILED ${failure}`);
console.log(failures.length === 0 ? "[console] every check held" : `[console] ${failures.length} checks failed`);
process.exit(failures.length === 0 ? 0 : 1);
