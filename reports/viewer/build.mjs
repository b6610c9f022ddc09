// Bundles the viewer into one page and writes it as a C++ source: the text before and after the place
// where a report's data goes. Usage: node build.mjs MODULES OUT.cpp (MODULES: the node_modules in use)
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [modules, out] = process.argv.slice(2).map((path) => resolve(path));
const esbuild = createRequire(join(modules, "x.js"))("esbuild");

const options = { bundle: true, minify: true, write: false, legalComments: "none", nodePaths: [modules], logLevel: "warning", charset: "utf8" };
const script = await esbuild.build({ ...options, entryPoints: [join(here, "src/main.ts")], format: "iife", target: "es2021" });
const style = await esbuild.build({ ...options, entryPoints: [join(here, "src/style.css")], target: ["chrome100", "firefox100", "safari15"] });

// Text within <script> ends at its end tag, wherever that stands.
const js = script.outputFiles[0].text.trim().replace(/<\/script/gi, "<\\/script").replace(/<!--/g, "<\\!--");
const css = style.outputFiles[0].text.trim();
if (/<\/style/i.test(css)) throw new Error("the style ends its own element");
const hash = (text) => "sha256-" + createHash("sha256").update(text).digest("base64");

// What is bundled asks that its licence goes along.
const licence = readFileSync(join(modules, "uplot/LICENSE"), "utf8").trim();
if (licence.includes("--")) throw new Error("the licence would end its comment");

const page = readFileSync(join(here, "page.html"), "utf8")
  .replace("@SCRIPT_HASH@", () => hash(js)).replace("@STYLE_HASH@", () => hash(css))
  .replace("@LICENCE@", () => licence).replace("@STYLE@", () => css).replace("@SCRIPT@", () => js);
const [before, after, more] = page.split("<!--DATA-->");
if (after === undefined || more !== undefined) throw new Error("page.html has not one place for data");

// Compilers limit a literal's length: pieces, in octal where a byte is not plain.
function literal(text) {
  const bytes = Buffer.from(text);
  let lines = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    lines += '    "';
    for (const byte of bytes.subarray(at, at + 4096)) {
      lines += byte === 0x22 || byte === 0x5c ? "\\" + String.fromCharCode(byte)
        : byte >= 0x20 && byte < 0x7f && byte !== 0x3f ? String.fromCharCode(byte)
        : "\\" + byte.toString(8).padStart(3, "0");
    }
    lines += '"\n';
  }
  return lines;
}
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `// Made by reports/viewer/build.mjs: do not edit.
#include "reports/viewer_page.h"

namespace wireproof::report {
const std::optional<ViewerPage> viewer_page = ViewerPage{
    std::string_view(
${literal(before)}    , ${Buffer.byteLength(before)}),
    std::string_view(
${literal(after)}    , ${Buffer.byteLength(after)})};
}
`);
