// SPDX-License-Identifier: Apache-2.0
import {join} from "node:path";

import {foreignParts, illegibleParts, watchRequests} from "./faults.mjs";
import {goldens, kPictured, kSchemes, kWidths} from "./goldens.mjs";

const kAllowed = {
  elements: ["html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td",
             "h1", "p", "span", "strong", "code", "a", "br"],
  attributes: ["lang", "charset", "name", "content", "style", "class", "role", "width", "align",
               "cellspacing", "cellpadding", "dir", "href"],
};

// Runs in the page: what of the mail's own can't be found there.
async function missingParts(page, golden) {
  return page.evaluate(({name, subject}) => {
    const faults = [];
    if (document.title !== subject.replace(/\s+/g, " ")) {
      faults.push(`the title is "${document.title.slice(0, 60)}"`);
    }
    const column = document.querySelector(".card").getBoundingClientRect().width;
    if (column > 562) faults.push(`the column is ${column} px wide`);
    const hidden = document.querySelector("body > div");
    if (hidden.checkVisibility()) faults.push("the preheader can be seen");
    const links = [...document.querySelectorAll("a")].map((a) => a.href);
    const right = name === "budget-with-everything" ? 1 : 0;
    if (links.length !== right || !links.every((l) => l.startsWith("https://"))) {
      faults.push(`links: ${links.join(" ")}`);
    }
    return faults;
  }, {name: golden.name, subject: golden.subject});
}

async function picture({page, out}, golden, width, colorScheme) {
  if (!kPictured.includes(golden.name)) return;
  await page.screenshot(
      {path: join(out, `mail-${golden.name}-${width}-${colorScheme}.png`), fullPage: true});
}

export async function testMails({browser, root, out, report}) {
  const all = goldens(root);
  for (const width of kWidths) {
    const context = await browser.newContext({viewport: {width, height: 800}});
    const page = await context.newPage();
    let asked = [];
    let current = "";
    await watchRequests(page, (path) => path === "/mail" ? {contentType: "text/html; charset=utf-8",
                                                            body: current} : undefined,
                        {push: (fault) => asked.push(fault)});
    for (const golden of all) {
      asked = [];
      current = golden.html;
      await page.goto("http://mail.example/mail");
      report(`mail ${golden.name} has nothing but its own parts, ${width} px`,
             [...await foreignParts(page, kAllowed), ...await missingParts(page, golden)]);
      for (const colorScheme of kSchemes) {
        await page.emulateMedia({colorScheme});
        report(`mail ${golden.name} can be read and loads nothing, ${width} px, ${colorScheme}`,
               [...await illegibleParts(page), ...asked]);
        await picture({page, out}, golden, width, colorScheme);
      }
    }
    await context.close();
  }
}
