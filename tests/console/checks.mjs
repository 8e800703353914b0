// What each room must show and how the keyboard must work. Waits for content, never for time.

function assert(held, message) {
  if (!held) throw new Error(message);
}

/** The page has its answer: a first line that is not the "…" of loading, and no problem note. */
async function answered(page, room) {
  await page.waitForFunction((title) => {
    const main = document.querySelector("main");
    const answer = main?.querySelector("h1")?.textContent ?? "";
    return main?.dataset.page === title && answer !== "" && answer !== "…";
  }, room);
  const problem = await page.locator(".problem").allInnerTexts();
  assert(problem.length === 0, `a problem is shown: ${problem.join(" ")}`);
}

/** Goes by address: a deep link must work in a page that was loaded anew. */
async function open(page, home, hash, title) {
  await page.goto("about:blank");
  await page.goto(`${home}#/${hash}`, { waitUntil: "domcontentloaded" });
  await answered(page, title);
}

/** A canvas on which something other than one colour has been painted. */
async function painted(page, selector) {
  await page.waitForFunction((wanted) => {
    const canvas = document.querySelector(wanted);
    if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0) return false;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] > 200) seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    return seen.size >= 3;
  }, selector);
}

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}
const hash = (page) => page.evaluate(() => window.location.hash);

/** `?` says the keys and what the room is for; the page's own keys rest meanwhile; Escape gives the focus back. */
async function help(page) {
  await page.locator(".brand").focus();
  await press(page, "?");
  await page.waitForSelector("dialog[open] .keys kbd");
  const roles = await page.locator("dialog[open] .roles dt").allInnerTexts();
  assert(roles.length === 3, `the help speaks to ${roles.length} roles, not three`);
  const before = await hash(page);
  await press(page, "g", "o");
  assert((await hash(page)) === before, "the page's keys work behind the open help");
  await press(page, "Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  assert(
    await page.evaluate(() => document.activeElement?.classList.contains("brand")),
    "after the help the focus is not where it was",
  );
}

/** Every page says at its foot how to read it. */
async function guided(page) {
  await page.locator(".guide summary").click();
  assert((await page.locator(".guide .roles dt").count()) === 3, "the page does not say how each role reads it");
  await page.evaluate(() => window.scrollTo(0, 0));
}

async function keyboard(page) {
  for (const [key, title] of [
    ["p", "Plant"],
    ["d", "Decisions"],
    ["m", "Models"],
    ["a", "Data"],
    ["s", "System"],
    ["o", "Outcomes"],
  ]) {
    await press(page, "g", key);
    await answered(page, title);
  }
  await press(page, "/");
  await page.waitForSelector("dialog[open] input:focus");
  await page.keyboard.type("system");
  await page.waitForSelector("[role=option]");
  await press(page, "Enter");
  await answered(page, "System");
  await press(page, "/", "Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  await help(page);
  await page.locator(".brand").focus();
  await press(page, "Tab");
  const outlined = await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  assert(outlined, "the focus is not visible after Tab");
}

async function emptyRoom(page) {
  await page.waitForSelector(".empty");
  assert(
    (await page.locator(".empty").first().innerText()).length > 20,
    "the empty room does not say what belongs there",
  );
}

/** Rooms in the order of the navigation; `visit` leaves the page ready for its screenshot. */
export function checks({ page, home, empty, wide }) {
  const room = (name, address, title, full) => ({
    room: name,
    visit: async () => {
      await open(page, home, address, title);
      if (wide) await guided(page);
      if (empty && title !== "System") return emptyRoom(page);
      return full?.();
    },
  });
  const all = [
    room("outcomes", "outcomes", "Outcomes", async () => {
      const source = await page.locator("[data-testid=source]").innerText();
      assert(
        /recorded|simulated|live/i.test(source) && /data .*old|no data/.test(source),
        `source and age of the data are not in sight: "${source}"`,
      );
      await painted(page, "main canvas");
      assert(
        /baseline .*target/.test(await page.locator("h1").innerText()),
        "the first line does not name baseline and target",
      );
    }),
    room("plant", "plant", "Plant", async () => {
      await page.waitForSelector("[data-tile]");
      await press(page, "j", "j", "k");
      assert(
        await page.evaluate(() => document.activeElement?.hasAttribute("data-tile")),
        "j and k do not walk over the assets",
      );
      await page.waitForSelector("[data-quality] tbody tr");
      const kinds = await page.locator("[data-quality] thead th").allInnerTexts();
      for (const kind of ["missing", "range", "spike", "stuck", "late", "clock skew", "duplicate"])
        assert(kinds.includes(kind), `the quality of the data does not name "${kind}"`);
    }),
    room("decisions", "decisions", "Decisions", async () => {
      await page.waitForSelector("[data-decision]");
      await press(page, "j");
      await page.waitForSelector("[data-evidence] .trace li");
      const first = await hash(page);
      assert(/^#\/decisions\/[^?]+/.test(first), "the chosen decision is not in the address");
      const steps = await page.locator(".trace .step").allInnerTexts();
      for (const step of ["decision", "model", "dataset", "code", "device", "verdict"])
        assert(steps.includes(step), `the trace has no step "${step}"`);
      await press(page, "u");
      await page.waitForSelector(".verdicts button[aria-pressed=true]");
    }),
    room("models", "models", "Models", () => page.waitForSelector("[data-model] td .badge")),
    room("data", "data", "Data", async () => {
      await page.waitForSelector("main tbody tr");
      await page.locator("form button").click();
      await page.waitForSelector("[data-table='Result of the query'] tbody tr");
      assert((await hash(page)).includes("sql="), "the query is not in the address");
    }),
    room("system", "system", "System", () => page.waitForSelector(".facts dd")),
  ];
  if (!empty)
    all.splice(2, 0, {
      room: "asset",
      visit: async () => {
        await open(page, home, "plant", "Plant");
        const tile = page.locator("[data-tile]").first();
        await tile.focus();
        await press(page, "Enter");
        await page.waitForFunction(() => /^#\/plant\/.+/.test(window.location.hash));
        await answered(page, "Plant");
        await painted(page, ".signal canvas");
      },
    });
  if (wide) all.push({ room: "keyboard", visit: () => keyboard(page) });
  return all;
}
