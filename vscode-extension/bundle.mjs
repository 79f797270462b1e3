// Bundles the extension into dist/ and puts beside it what a package must hold.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

await mkdir("dist/pictures", { recursive: true });
await build({
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  minify: true,
  sourcemap: false,
  // The first line to run: what loading the bundle takes is a part of the activation.
  banner: { js: "const livelineBegan = performance.now();" },
});
await copyFile("../assets/icon.png", "dist/icon.png");
await copyFile("../assets/liveline.schema.json", "dist/liveline.schema.json");
for (const picture of ["attached", "inline-error", "live", "history"]) {
  await copyFile(`../assets/screenshots/${picture}.png`, `dist/pictures/${picture}.png`);
}
const licences = await Promise.all(["MIT", "APACHE"].map((name) => readFile(`../LICENSE-${name}`, "utf8")));
await writeFile("LICENSE.txt", `Under either of these licences, as you choose.\n\n${licences.join("\n\n")}`);
