// SPDX-License-Identifier: Apache-2.0
// Opens what people get in a real Chromium: every golden mail, and the demo's page fed with every
// golden post and mail; wide and narrow, light and dark. Screenshots go to build/browser.
//
//   node run.mjs               tests; ends with "N passed, N failed"
//   node run.mjs --pictures    makes docs/images from the 80% message
//
// playwright-core is looked for in build/browser/node_modules, where ./dev puts it.
import {createRequire} from "node:module";
import {mkdirSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";

import {testDemoPage} from "./demo_page.mjs";
import {testMails} from "./mails.mjs";
import {makePictures} from "./pictures.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const out = join(root, "build", "browser");
mkdirSync(out, {recursive: true});

const {chromium} = createRequire(join(out, "package.json"))("playwright-core");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

let passed = 0;
const failures = [];
// A test is one sentence and the faults found: none is a pass.
function report(sentence, faults) {
  if (faults.length === 0) {
    ++passed;
    return;
  }
  failures.push(sentence);
  console.log(`FAILED: ${sentence}`);
  for (const fault of faults.slice(0, 10)) console.log(`  ${fault}`);
}

try {
  if (process.argv.includes("--pictures")) {
    await makePictures({browser, root});
  } else {
    await testMails({browser, root, out, report});
    await testDemoPage({browser, root, out, report});
    console.log(`${passed} passed, ${failures.length} failed`);
  }
} finally {
  await browser.close();
}
process.exitCode = failures.length === 0 ? 0 : 1;
