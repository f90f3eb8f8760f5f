// Opens HTML reports in a real browser: no console message, no request, nothing against its own policy, no barrier that
// axe-core finds in light and dark, search and filters that work, links that open, and a page that prints.
//
//   node report.mjs [--shots DIR] REPORT.html…
//
// CHROMIUM names the browser; default: chromium.
import { readFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { execFileSync } from "node:child_process";
import puppeteer from "puppeteer-core";

const given = process.argv.slice(2);
const shots = given[0] === "--shots" ? given.splice(0, 2)[1] : undefined;
if (given.length === 0) throw new Error("give the reports to open");
if (shots) await mkdir(shots, { recursive: true });

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const executablePath = process.env.CHROMIUM ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

const faults = [];
const check = (holds, what) => {
  if (!holds) faults.push(what);
};

/** Opens a report and watches what it does. */
async function open(file, { script = true, width = 1280, theme = "light" } = {}) {
  // A fresh profile, so that a theme chosen before is not remembered.
  const page = await (await browser.createBrowserContext()).newPage();
  const url = pathToFileURL(path.resolve(file)).href;
  const name = path.basename(file);
  page.on("console", (message) => faults.push(`${name}: console: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`${name}: error: ${error}`));
  page.on("dialog", (dialog) => {
    faults.push(`${name}: dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) faults.push(`${name}: request: ${request.url()}`);
  });
  await page.setJavaScriptEnabled(script);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
  await page.evaluateOnNewDocument(() => {
    globalThis.violations = [];
    addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(event.violatedDirective));
  });
  await page.goto(url, { waitUntil: "load" });
  return page;
}

/** Nothing is wider than the window. */
const wide = () =>
  [...document.querySelectorAll("main *")]
    .filter((one) => !one.closest(".scroll") && one.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3)
    .map((one) => one.outerHTML.slice(0, 120));

async function accessible(file, theme) {
  const name = path.basename(file);
  const page = await open(file, { theme });
  await page.evaluate(axe);
  for (const [state, width] of [["as opened", 1280], ["all open", 1280], ["all open", 375]]) {
    await page.setViewport({ width, height: 900 });
    if (state === "all open") {
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    }
    const found = await page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
      return violations.map((one) => `${one.id}: ${one.help} (${one.nodes.length}× ${one.nodes[0].html.slice(0, 160)})`);
    });
    for (const fault of found) faults.push(`${name}: axe, ${theme}, ${width} pixels, ${state}: ${fault}`);
  }
  check((await page.evaluate(() => globalThis.violations.length)) === 0, `${name}: against its own policy`);
  await page.close();
}

async function filters(file) {
  const name = path.basename(file);
  const page = await open(file);
  const shown = () => page.$$eval("details.rule:not([hidden])", (all) => all.map((one) => ({ ...one.dataset, id: one.id })));
  const count = () => page.$eval("#count", (one) => one.textContent);
  const all = await shown();
  check(all.length > 20, `${name}: only ${all.length} rules`);
  check((await count()) === `${all.length} rules`, `${name}: the count says ${await count()}`);

  const wanted = all.at(-1).id;
  await page.type("#search", wanted.toUpperCase());
  const found = await shown();
  check(found.some((one) => one.id === wanted) && found.length < all.length, `${name}: search finds ${found.length}`);
  check((await count()) === `${found.length} of ${all.length} rules`, `${name}: the count says ${await count()}`);
  await page.type("#search", " qqqq");
  check((await shown()).length === 0, `${name}: a nonsense search finds something`);
  check(await page.$eval("#nothing", (one) => !one.hidden), `${name}: it does not say that nothing matches`);
  await page.click("#filters [type=reset]");
  await page.waitForFunction((most) => document.querySelectorAll("details.rule:not([hidden])").length === most, {}, all.length);

  for (const field of ["outcome", "severity", "area"]) {
    const value = all[0][field];
    await page.select(`#${field}`, value);
    const fit = all.filter((one) => one[field] === value).length;
    const now = await shown();
    check(now.length === fit && now.every((one) => one[field] === value), `${name}: filter ${field}=${value}: ${now.length}, not ${fit}`);
    await page.select(`#${field}`, "");
  }
  if (await page.$("#component")) {
    const value = await page.$$eval("#component option", (all) => all.at(-1).value);
    await page.select("#component", value);
    const fit = all.filter((one) => one.components.split(" ").includes(value)).length;
    check((await shown()).length === fit, `${name}: filter component: ${(await shown()).length}, not ${fit}`);
    await page.select("#component", "");
  }
  if (await page.$("a[data-area]")) {
    const area = await page.$eval("a[data-area]", (link) => link.dataset.area);
    await page.click("a[data-area]");
    await page.waitForFunction((area) => document.getElementById("area").value === area, {}, area);
    await page.waitForFunction((area) => [...document.querySelectorAll("details.rule:not([hidden])")].every((one) => one.dataset.area === area), {}, area);
  }
  const other = all.find((one) => one.area !== all[0].area);
  await page.evaluate((id) => (location.hash = `#${id}`), other.id);
  await page.waitForFunction((id) => document.getElementById(id).open && !document.getElementById(id).hidden, {}, other.id);

  await page.click("#unfold");
  await page.click("#unfold");
  check((await page.$$("details.rule:not([open])")).length === 0, `${name}: not all are open`);
  // The keyboard reaches the first rule and opens it.
  await page.click("#unfold");
  await page.focus("details.rule > summary");
  await page.keyboard.press("Enter");
  check(await page.$eval("details.rule", (one) => one.open), `${name}: Enter does not open a rule`);

  for (const theme of ["light", "dark"]) {
    await page.click("#theme");
    const scheme = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    check(scheme === theme, `${name}: the theme is ${scheme}, not ${theme}`);
  }
  await page.close();
}

async function paper(file) {
  const name = path.basename(file);
  for (const script of [true, false]) {
    const page = await open(file, { script });
    const pdf = await page.pdf({ format: "A4" });
    const pages = pdf.toString === undefined ? 0 : Buffer.from(pdf).toString("latin1").split("/Type /Page\n").length - 1;
    check(pages >= 3, `${name}: printed ${script ? "" : "without scripts "}on ${pages} pages: what is to be done is folded away`);
    await page.close();
  }
}

async function bare(file) {
  const name = path.basename(file);
  const page = await open(file, { script: false });
  const hidden = await page.$$("details.rule[hidden], #filters:not([hidden])");
  check(hidden.length === 0, `${name}: without scripts, something is missing or does nothing`);
  await page.close();
}

async function narrow(file) {
  const page = await open(file);
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  for (const width of [320, 375, 768, 1280]) {
    await page.setViewport({ width, height: 900 });
    const found = await page.evaluate(wide);
    check(found.length === 0, `${path.basename(file)}: wider than ${width} pixels: ${found}`);
  }
  await page.close();
}

async function pictures(file) {
  const name = path.basename(file, ".html");
  for (const theme of ["light", "dark"]) {
    const page = await open(file, { theme });
    await page.screenshot({ path: path.join(shots, `${name}-${theme}.png`) });
    await page.$eval("details.rule", (one) => (one.open = true));
    await page.$eval("#rules", (one) => one.scrollIntoView());
    await page.screenshot({ path: path.join(shots, `${name}-${theme}-rules.png`) });
    await page.close();
  }
  const small = await open(file, { width: 375 });
  await small.screenshot({ path: path.join(shots, `${name}-375.png`), clip: { x: 0, y: 0, width: 375, height: 2600 } });
  await small.close();
  const page = await open(file);
  await page.pdf({ path: path.join(shots, `${name}.pdf`), format: "A4", margin: { top: "15mm", bottom: "15mm", left: "15mm", right: "15mm" } });
  await page.close();
}

try {
  for (const file of given) {
    for (const theme of ["light", "dark"]) await accessible(file, theme);
    await filters(file);
    await bare(file);
    await narrow(file);
    await paper(file);
    if (shots) await pictures(file);
    console.log(`${path.basename(file)}: opened, searched, printed`);
  }
} finally {
  await browser.close();
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
