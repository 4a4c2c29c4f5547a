// SPDX-License-Identifier: Apache-2.0
import {readFileSync} from "node:fs";
import {join} from "node:path";

import {foreignParts, illegibleParts, watchRequests} from "./faults.mjs";
import {goldens, kSchemes, kWidths} from "./goldens.mjs";

const kAllowed = {
  elements: ["html", "head", "meta", "title", "link", "script", "noscript", "body", "header", "svg",
             "path", "div", "h1", "h2", "h3", "p", "nav", "button", "span", "main", "section", "ol",
             "li", "footer", "b", "code", "a", "iframe", "pre"],
  attributes: ["lang", "charset", "name", "content", "rel", "href", "src", "defer", "class", "id",
               "viewBox", "aria-hidden", "aria-label", "aria-labelledby", "aria-pressed", "d",
               "role", "type", "hidden", "data-shown", "style", "srcdoc", "sandbox", "title",
               "target"],
};

// As the demo's own answers say it.
const kPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
    "connect-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'";

export function demoAnswers(root, messages) {
  const file = (name, contentType) => ({
    contentType: `${contentType}; charset=utf-8`,
    body: readFileSync(join(root, "src", "demo", "page", name)),
    headers: {"Content-Security-Policy": kPolicy},
  });
  const answers = {
    "/demo": file("demo.html", "text/html"),
    "/demo/demo.css": file("demo.css", "text/css"),
    "/demo/demo.js": file("demo.js", "text/javascript"),
    "/demo/messages.json": {contentType: "application/json; charset=utf-8",
                            body: JSON.stringify({messages})},
  };
  return (path) => answers[path];
}

export function asMessages(golden, ms) {
  const at = "2026-11-21T13:07:32Z";
  return [
    {channel: "alerts", kind: "slack", took_ms: ms, at, body: golden.slack},
    {channel: "finance", kind: "mail", took_ms: ms, at, from: "Tocsin <tocsin@company.example>",
     to: ["finance@company.example"], subject: golden.subject, text: golden.text,
     html: golden.html},
  ];
}

async function openPage(context, root, messages, asked) {
  const page = await context.newPage();
  await watchRequests(page, demoAnswers(root, messages), asked);
  await page.goto("http://127.0.0.1:18080/demo");
  await page.waitForFunction(() => document.querySelectorAll(".list > li").length > 0);
  return page;
}

// What stands on the page, as a reader sees it.
async function shownTexts(page) {
  return page.evaluate(() => ({
    headers: [...document.querySelectorAll(".post .header")].map((e) => e.textContent),
    pills: [...document.querySelectorAll(".pill")].map((e) => e.textContent),
    links: [...document.querySelectorAll(".post a")].map((a) => a.href),
    bold: [...document.querySelectorAll(".post .field b")].map((e) => e.textContent),
    state: document.getElementById("state").textContent,
  }));
}

async function testSet({browser, root, out, report}, width, set, list) {
  const context = await browser.newContext({viewport: {width, height: 900}});
  const faults = [];
  const messages = list.flatMap((golden, i) => asMessages(golden, `${2 + i % 7}.${i % 10}`));
  const page = await openPage(context, root, messages, faults);
  for (const pane of ["slack", "mail"]) {
    const tab = page.locator(`#tab-${pane}`);
    if (await tab.isVisible()) await tab.click();
    else if (pane === "mail") continue;  // both are to be seen already
    await page.waitForTimeout(150);  // frames take their height
    faults.push(...await foreignParts(page, kAllowed));
    for (const colorScheme of kSchemes) {
      await page.emulateMedia({colorScheme});
      faults.push(...await illegibleParts(page));
      await page.screenshot({path: join(out, `demo-${set}-${pane}-${width}-${colorScheme}.png`),
                             fullPage: set === "few"});
    }
  }
  for (const frame of page.frames().slice(1)) {
    if (await frame.evaluate(() => globalThis.hit !== undefined)) faults.push("a mail ran a script");
  }
  const shown = await shownTexts(page);
  list.forEach((golden, i) => {
    if (shown.headers[i] !== golden.slack.blocks[0].text.text) {
      faults.push(`the header of ${golden.name} reads "${shown.headers[i]?.slice(0, 60)}"`);
    }
  });
  if (shown.links.some((link) => !link.startsWith("https://runbooks.company.example/"))) {
    faults.push(`links: ${shown.links.join(" ")}`);
  }
  report(`the demo's page shows ${set} messages, light and dark, ${width} px`, faults);
  await context.close();
}

async function testSwitches({browser, root, report}, golden) {
  const context = await browser.newContext({viewport: {width: 1000, height: 900}});
  const faults = [];
  const page = await openPage(context, root, asMessages(golden, "2.9"), faults);
  const shown = await shownTexts(page);
  if (!shown.pills.every((pill) => pill === "2.9 ms")) faults.push(`pills: ${shown.pills}`);
  if (!shown.bold.includes("Spent")) faults.push(`no label is bold: ${shown.bold}`);
  if (!shown.state.startsWith("2 messages so far")) faults.push(shown.state);
  await page.getByRole("button", {name: "Text", exact: true}).click();
  if (!await page.locator(".letter pre").isVisible()) faults.push("the text part stays hidden");
  if (await page.locator(".letter iframe").isVisible()) faults.push("the HTML part stays");
  await page.waitForTimeout(1300);  // the next look must not fold it up again
  if (!await page.locator(".letter pre").isVisible()) faults.push("the text part did not stay");
  await page.unrouteAll();
  await page.route("**/*", (route) => route.abort());
  await page.waitForFunction(() => document.body.classList.contains("ended"));
  if (await page.locator(".post").count() !== 1) faults.push("what was shown is gone at the end");
  report("the demo's page switches a mail to text and keeps it, also when the demo ends", faults);
  await context.close();
}

export async function testDemoPage(parts) {
  const all = goldens(parts.root);
  const few = ["budget-100", "budget-95", "budget-80", "user-over", "budget-50"];
  const sets = {
    few: few.map((name) => all.find((golden) => golden.name === name)),
    all: all.filter((golden) => !golden.name.startsWith("hostile-")),
    hostile: all.filter((golden) => golden.name.startsWith("hostile-")),
  };
  for (const width of kWidths) {
    for (const [set, list] of Object.entries(sets)) await testSet(parts, width, set, list);
  }
  await testSwitches(parts, all.find((golden) => golden.name === "budget-80"));
}
