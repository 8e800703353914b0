import { describe, expect, it } from "vitest";
import { append, drawn, gapsOf, longestStep, merged, qualityOf, runs } from "./series";

const bad = 0x80000000,
  uncertain = 0x40900000;

describe("gaps", () => {
  it("takes the usual step from the data", () => {
    expect(longestStep([0, 100, 200, 900, 1000])).toBe(400);
    expect(longestStep([5])).toBe(Infinity);
  });
  it("draws a gap as a gap", () => {
    const { x, y } = drawn({ times: [0, 100, 200, 5000, 5100], values: [1, 2, 3, 4, 5], status: [0, 0, 0, 0, 0] });
    expect(y).toEqual([1, 2, 3, null, 4, 5]);
    expect(x[3]).toBeCloseTo(2.6);
  });
  it("takes bad values out of the curve and keeps uncertain ones", () => {
    expect(drawn({ times: [0, 1, 2], values: [1, 99, 3], status: [0, bad, uncertain] }).y).toEqual([1, null, 3]);
  });
});

describe("quality", () => {
  it("reads the severity bits", () => {
    expect([0, uncertain, bad, 0xc0000000].map(qualityOf)).toEqual(["good", "uncertain", "bad", "bad"]);
  });
  it("joins stretches and leaves gaps empty", () => {
    expect(
      runs({ times: [0, 10, 20, 30, 900, 910], values: [1, 1, 1, null, 1, 1], status: [0, 0, bad, 0, 0, 0] }),
    ).toEqual([
      { from: 0, to: 20, quality: "good" },
      { from: 20, to: 30, quality: "bad" },
      { from: 900, to: 910, quality: "good" },
    ]);
  });
});

describe("live samples behind stored ones", () => {
  const stored = { times: [0, 50, 100], values: [1, 2, 3], status: [0, 0, 0] };
  it("are thinned by the stream, which is no gap; a long pause is", () => {
    const live = { times: [100, 350, 9000], values: [3, 4, 5], status: [0, 0, 0] };
    const whole = merged(stored, live, 100);
    expect(drawn(whole, gapsOf(stored)).y).toEqual([1, 2, 3, 4, null, 5]);
    expect(runs(whole, gapsOf(stored)).map(({ from, to }) => [from, to])).toEqual([
      [0, 350],
      [9000, 9000],
    ]);
  });
  it("join without what is there already", () => {
    expect(merged(stored, { times: [50, 100, 150], values: [0, 0, 9], status: [0, 0, 0] }, 3).values).toEqual([
      2, 3, 9,
    ]);
    expect(merged(stored, { times: [], values: [], status: [] }, 9)).toEqual(stored);
  });
});

describe("append", () => {
  it("drops what is not newer and keeps the newest", () => {
    const series = { times: [1, 2], values: [1, 2], status: [0, 0] };
    expect(append(series, 2, 9, 0, 3)).toBe(series);
    expect(append(series, 3, 9, bad, 2)).toEqual({ times: [2, 3], values: [2, 9], status: [0, bad] });
  });
});
