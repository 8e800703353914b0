import { describe, expect, it } from "vitest";
import type { Asset } from "../api/types";
import { withNews } from "./assets";

const asset = {
  asset: "engine-061",
  clock: 7,
  last_seen: "2026-03-01T12:00:00.000Z",
  prediction: 90,
  advice: "none",
  state: "running",
} as Asset;

describe("news of an asset", () => {
  it("moves the clock on, never back", () => {
    expect(withNews(asset, { clock: 8, last_seen: "2026-03-01T12:00:01.000Z" }).clock).toBe(8);
    expect(withNews(asset, { clock: 6, last_seen: "2026-03-01T11:59:59.000Z" })).toEqual(asset);
  });
  it("brings the newest decision by itself", () => {
    expect(withNews(asset, { prediction: 15, advice: "overhaul" })).toEqual({
      ...asset,
      prediction: 15,
      advice: "overhaul",
    });
  });
  it("of nothing leaves the asset as it is", () => {
    expect(withNews(asset, undefined)).toBe(asset);
  });
});
