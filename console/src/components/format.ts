// Numbers, times and words as people read them. Pure.
const none = "–";
const space = "\u00a0"; // does not break a line
const formats = new Map<number, Intl.NumberFormat>();

/** Four significant digits, grouped thousands; whole numbers stay whole; "–" when not known. */
export function number(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  if (value === 0) return "0"; // also for -0
  if (Math.abs(value) < 1e-4) return minus(value.toExponential(Math.max(0, Math.min(digits, 2) - 1)));
  if (Number.isInteger(value) || Math.abs(value) >= 10 ** digits) return decimals(value, 0, 0);
  const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
  return decimals(value, Math.max(0, digits - whole), 0);
}

/** As many decimals in each: for what stands in a column or along an axis. */
export function decimals(value: number | null | undefined, places: number, least = places): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  const key = places * 100 + least;
  let format = formats.get(key);
  if (!format)
    formats.set(
      key,
      (format = new Intl.NumberFormat("en-GB", { maximumFractionDigits: places, minimumFractionDigits: least })),
    );
  return minus(format.format(value));
}

/** The sign is as wide as a digit, and no hyphen. */
function minus(text: string): string {
  return text.replace(/^-/, "\u2212");
}

/** Decimals that numbers in steps of `step` need to be told apart. */
export function placesOf(step: number): number {
  for (let places = 0; places < 8; ++places) {
    const scaled = step * 10 ** places;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6) return places;
  }
  return 8;
}

/** Three digits and the unit, for running text: "4.91 per 1000 cycles", "12 %". */
export function quantity(value: number | null | undefined, unit: string): string {
  return unit === "" || value === null || value === undefined ? number(value, 3) : `${number(value, 3)} ${unit}`;
}

/** 0..1 as a percentage that never rounds a loss away: 0.9999 is "99.99 %", not "100 %". */
export function percent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return none;
  for (const digits of [0, 1, 2]) {
    const text = (share * 100).toFixed(digits);
    if ((text !== (100).toFixed(digits) || share === 1) && (Number(text) !== 0 || share === 0))
      return `${Number(text)}${space}%`;
  }
  return share > 0.5 ? `> 99.99${space}%` : `< 0.01${space}%`;
}

/** "0.4 s", "12 s", "3 min", "5 h", "2 d" */
export function age(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return none;
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${s.toFixed(s < 1 ? 1 : 0)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  if (s < 172800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

/** "just now", "12 s ago": within a second nobody has to know more, and the text stands still. */
export function ago(iso: string | null | undefined, now: number, never = "never"): string {
  if (!iso) return never;
  const ms = now - Date.parse(iso);
  return ms < 1500 ? "just now" : `${age(ms)} ago`;
}

export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count,
    unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${number(value, 3)} ${units[unit]}`;
}

/** Local time of day; with the date when it is not today's. */
export function time(iso: string | null | undefined, now = Date.now()): string {
  if (!iso) return none;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return none;
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (date.toDateString() === new Date(now).toDateString()) return clock;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** "unplanned_failures" as "unplanned failures" */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

export function sentence(text: string): string {
  return text === "" ? text : text[0]!.toUpperCase() + text.slice(1);
}

/** The front of a long id or hash, enough to tell them apart. */
export function short(id: string): string {
  return id.length > 12 ? id.slice(0, 12) : id;
}

/** As in books: "≤ 25" */
export function limit(comparison: string | undefined, value: number | null): string {
  const signs: Record<string, string> = { "<=": "≤", ">=": "≥" };
  const wanted = comparison ?? "<=";
  return `${signs[wanted] ?? wanted}${space}${number(value)}`;
}
