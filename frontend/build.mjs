// Builds careline/web/static/dist/ from frontend/ and the packages in package-lock.json.
// Usage: node frontend/build.mjs [--watch]
import { copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "..");
const out = join(root, "careline/web/static/dist");
const outlines = join(root, "node_modules/@tabler/icons/icons/outline");

// light-dark() and field-sizing need no lowering in browsers of 2024 and later.
const browsers = ["chrome123", "firefox120", "safari17.5"];

// Packages whose bytes end up in the built files (docs/third-party.md).
const shipped = ["htmx.org", "@tabler/icons", "@fontsource-variable/inter"];

// The promise of a fast first paint, in gzipped bytes.
const limits = { "app.js": 60_000, "app.css": 30_000 };

const options = {
  entryPoints: [
    { in: join(here, "js/app.js"), out: "app" },
    { in: join(here, "css/app.css"), out: "app" },
    { in: join(here, "css/mail.css"), out: "mail" },
  ],
  bundle: true,
  minify: true,
  format: "esm",
  target: browsers,
  outdir: out,
  loader: { ".woff2": "file" },
  assetNames: "fonts/[name]-[hash]",
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
};

/** What stands between <svg ...> and </svg>, on one line. */
function inner(svg) {
  return svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace("</svg>", "").replace(/\s+/g, " ").trim();
}

/** One <symbol> of the sprite: the drawing of an icon without its frame. */
async function symbol(name) {
  const svg = await readFile(join(outlines, `${name}.svg`), "utf8").catch(() => {
    throw new Error(`frontend/icons.json names "${name}", which @tabler/icons does not have.`);
  });
  const drawing = inner(svg).replace(/<path stroke="none"[^>]*\/>/, "").trim();
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round">${drawing}</symbol>`;
}

async function sprite() {
  const names = [...new Set(JSON.parse(await readFile(join(here, "icons.json"), "utf8")))].sort();
  const symbols = await Promise.all(names.map(symbol));
  const mark = await readFile(join(here, "mark.svg"), "utf8");
  symbols.push(`<symbol id="mark" viewBox="0 0 24 24" stroke="none">${inner(mark).replaceAll("#0b6470", "currentColor")}</symbol>`);
  await writeFile(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

/** Our mark, and the licences of what others let us ship. */
async function copyRest() {
  await copyFile(join(here, "mark.svg"), join(out, "mark.svg"));
  const texts = shipped.map(async (name) => `${name}\n\n${await readFile(join(root, "node_modules", name, "LICENSE"), "utf8")}`);
  await writeFile(join(out, "licences.txt"), (await Promise.all(texts)).join("\n\n----\n\n"));
}

async function weigh() {
  for (const [name, limit] of Object.entries(limits)) {
    const size = gzipSync(await readFile(join(out, name))).length;
    const raw = (await stat(join(out, name))).size;
    console.log(`${name}: ${raw} bytes, ${size} gzipped (limit ${limit})`);
    if (size > limit) throw new Error(`${name} is ${size} bytes gzipped; the limit is ${limit}.`);
  }
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await Promise.all([esbuild.build(options), sprite(), copyRest()]);
await weigh();
if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
  console.log("Watching frontend/ for changes.");
}
