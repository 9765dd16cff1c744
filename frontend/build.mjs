// app.js, uploads.js of the intake page, app.css, fonts/ and licences.txt of the web app, written into the folder that is named.
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { outlines } from "./outlines.mjs";

const outdir = process.argv[2];
if (!outdir) throw new Error("node build.mjs FOLDER");

const { metafile } = await build({
  entryPoints: ["src/app.ts", "src/app.css", "src/uploads.ts"],
  outdir,
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "iife",
  target: ["chrome123", "firefox121", "safari17.5"],
  loader: { ".woff2": "file" },
  // A browser keeps them for a year, and they are asked for without a version.
  assetNames: "fonts/[name]-[hash]",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});

copyFileSync("src/icon.svg", join(outdir, "icon.svg"));
writeFileSync(join(outdir, "states.json"), JSON.stringify(outlines()));

// Whose work is inside, with their terms: what is minified has lost them.
const owners = Object.keys(metafile.inputs)
  .map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
  .filter(Boolean);
const told = [...new Set([...owners, "@svg-maps/india"])].sort().map((name) => {
  const folder = join("node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const terms = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trim() : license;
  return `${name} ${version} (${license})\n\n${terms}\n`;
});
writeFileSync(join(outdir, "licences.txt"), told.join(`\n${"-".repeat(80)}\n\n`));
