import { describe, expect, it } from "vitest";
import { formatRoute, parseRoute } from "./route";

describe("addresses", () => {
  it("start in the first room", () => {
    for (const hash of ["", "#", "#/"]) expect(parseRoute(hash)).toEqual({ room: "outcomes", id: null, query: {} });
  });
  it("survive the way there and back", () => {
    const routes = [
      { room: "plant", id: "engine-061", query: { signals: "T24,T30", from: "2026-03-01T12:00:00.000Z" } },
      { room: "models", id: "turbofan-maintenance/3", query: {} },
      { room: "data", id: null, query: { sql: "select a & b = '1' from x?" } },
      { room: "plant", id: "odd name%", query: {} },
    ];
    for (const route of routes) expect(parseRoute(formatRoute(route))).toEqual(route);
  });
  it("leave out what is empty", () => {
    expect(formatRoute({ room: "plant", query: { health: "", from: undefined } })).toBe("#/plant");
  });
  it("do not break on a broken escape", () => {
    expect(parseRoute("#/plant/%E0%A4%A").id).toBe("%E0%A4%A");
  });
});
