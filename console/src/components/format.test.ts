import { describe, expect, it } from "vitest";
import { age, ago, bytes, decimals, limit, number, percent, placesOf, plural, quantity, sentence, short, time, words } from "./format";

describe("number", () => {
  it("keeps whole numbers whole and groups thousands", () => {
    expect(number(0)).toBe("0");
    expect(number(-0)).toBe("0");
    expect(number(1234567)).toBe("1,234,567");
  });
  it("shows significant digits, not decimal places", () => {
    expect(number(641.8213)).toBe("641.8");
    expect(number(0.123456)).toBe("0.1235");
    expect(number(4.9, 3)).toBe("4.9");
    expect(number(-21.6049, 4)).toBe("\u221221.6");
    expect(number(0.00001, 3)).toBe("1.0e-5");
  });
  it("tells an axis's numbers apart", () => {
    expect([1, 0.5, 0.25, 20, 0.0005].map(placesOf)).toEqual([0, 1, 2, 0, 4]);
    expect([2388.05, 2388.1].map((value) => decimals(value, placesOf(0.05)))).toEqual(["2,388.05", "2,388.10"]);
  });
  it("shows the unknown as a dash, never as zero", () => {
    for (const value of [null, undefined, Number.NaN, Infinity]) expect(number(value)).toBe("–");
    expect(quantity(null, "cycles")).toBe("–");
  });
});

describe("percent", () => {
  it("never rounds a loss away", () => {
    expect(percent(1)).toBe("100\u00a0%");
    expect(percent(0.9999)).toBe("99.99\u00a0%");
    expect(percent(0.9999999)).toBe("> 99.99\u00a0%");
    expect(percent(0)).toBe("0\u00a0%");
    expect(percent(0.000001)).toBe("< 0.01\u00a0%");
    expect(percent(0.42)).toBe("42\u00a0%");
    expect(percent(null)).toBe("–");
  });
});

describe("words for people", () => {
  it("ages", () => {
    expect([400, 3000, 12_000, 180_000, 7_200_000, 3 * 86_400_000].map(age)).toEqual([
      "0.4 s",
      "3 s",
      "12 s",
      "3 min",
      "2 h",
      "3 d",
    ]);
    expect(age(-5)).toBe("0.0 s");
  });
  it("how long ago stands still within a second", () => {
    const now = Date.parse("2026-03-01T12:00:10Z");
    expect(ago("2026-03-01T12:00:09.200Z", now)).toBe("just now");
    expect(ago("2026-03-01T12:00:00Z", now)).toBe("10 s ago");
    expect(ago(null, now)).toBe("never");
  });
  it("times carry a date only when it is not today's", () => {
    const now = new Date(2026, 2, 1, 12).getTime();
    expect(time(new Date(2026, 2, 1, 9, 5, 7).toISOString(), now)).toBe("09:05:07");
    expect(time(new Date(2026, 1, 27, 9, 5, 7).toISOString(), now)).toBe("2026-02-27 09:05:07");
    expect(time("nonsense")).toBe("–");
  });
  it("the rest", () => {
    expect(plural(1, "asset")).toBe("1 asset");
    expect(plural(2, "life", "lives")).toBe("2 lives");
    expect(bytes(1_530_000)).toBe("1.53 MB");
    expect(words("unplanned_failures")).toBe("unplanned failures");
    expect(sentence("abc")).toBe("Abc");
    expect(limit(undefined, 25)).toBe("≤\u00a025");
    expect(limit(">", 0.5)).toBe(">\u00a00.5");
    expect(short("0123456789abcdef")).toBe("0123456789ab");
  });
});
