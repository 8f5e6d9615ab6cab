// SPDX-License-Identifier: EUPL-1.2
// How the portal is built: two entries, hashed names, a manifest, and a compressed copy of every text file.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const BUILT = "static";
const TEXTS = /\.(js|css|svg)$/;

/** The server sends these copies as they are, so that no request pays for compression. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(BUILT)) {
        if (TEXTS.test(name)) {
          const path = join(BUILT, name);
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
        }
      }
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [compressed()],
  build: {
    outDir: BUILT,
    assetsDir: "",
    manifest: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: { input: { portal: "src/portal.ts", page: "src/page.ts", passkey: "src/passkey.ts", editor: "src/style/editor/editor.ts" } },
  },
});
