import { describe, expect, it } from "vitest";
import { address } from "./client";

describe("address", () => {
  it("fills the path, escapes, and leaves out empty query values", () => {
    expect(
      address("/api/v1/assets/{asset}/samples", {
        path: { asset: "a/b" },
        query: { limit: 5, from: undefined, signals: "" },
      }),
    ).toBe("/api/v1/assets/a%2Fb/samples?limit=5");
  });
});
