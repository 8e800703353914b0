import { defineConfig } from "vitest/config";

// Built in a copy of this folder (scripts/build-console), so that nothing is installed or cached inside the clone.
export default defineConfig({
  cacheDir: ".vite",
  esbuild: { jsx: "automatic" },
  build: { outDir: "dist", target: "es2022", assetsInlineLimit: 0, reportCompressedSize: false },
  server: { host: "127.0.0.1" }, // the tests' runner listens, too; a bare system need not know the name "localhost"
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
