// SPDX-License-Identifier: Apache-2.0
import {mkdirSync} from "node:fs";
import {join} from "node:path";

import {asMessages, demoAnswers} from "./demo_page.mjs";
import {watchRequests} from "./faults.mjs";
import {goldens} from "./goldens.mjs";

// The 80% message as the README shows it: more pixels than points, so that it is crisp on
// any screen.
export async function makePictures({browser, root}) {
  const folder = join(root, "docs", "images");
  mkdirSync(folder, {recursive: true});
  const golden = goldens(root).find(({name}) => name === "budget-80");
  const context = await browser.newContext(
      {viewport: {width: 640, height: 900}, deviceScaleFactor: 1.75, colorScheme: "light",
       timezoneId: "Europe/Berlin"});
  const page = await context.newPage();
  await watchRequests(page, demoAnswers(root, asMessages(golden, "2.9")), []);
  await page.goto("http://127.0.0.1:18080/demo");
  await page.waitForFunction(() => document.querySelectorAll(".list > li").length > 0);
  await page.locator(".post").screenshot({path: join(folder, "slack-message.png")});
  await page.setContent(golden.html);
  await page.locator(".card").screenshot({path: join(folder, "mail-message.png")});
  await context.close();
}
