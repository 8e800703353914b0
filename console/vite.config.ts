import { defineConfig } from "vitest/config";

// Built in a copy of this folder (scripts/build-console), so that nothing is installed or cached inside the clone.
export default defineConfig({
  cacheDir: ".vite",
  esbuild: { jsx: "automatic" },
  build: { outDir: "dist", target: "es2022", assetsInlineLimit: 0, reportCompressedSize: false },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
