// SPDX-License-Identifier: Apache-2.0
import {readdirSync, readFileSync} from "node:fs";
import {join} from "node:path";

// Every golden message: its name, the mail's parts and the post to Slack.
export function goldens(root) {
  const folder = join(root, "tests", "notify", "golden");
  return readdirSync(folder).sort().map((name) => {
    const read = (file) => readFileSync(join(folder, name, file), "utf8");
    const mail = read("mail.txt");
    const end = mail.indexOf("\n\n");
    return {
      name,
      html: read("mail.html"),
      subject: mail.slice("Subject: ".length, mail.indexOf("\n")),
      text: mail.slice(end + 2),
      slack: JSON.parse(read("slack.json")),
    };
  });
}

// A window on a desk and a small phone.
export const kWidths = [1000, 360];
export const kSchemes = ["light", "dark"];

// Those whose screenshots are worth looking at.
export const kPictured = [
  "budget-80", "budget-with-everything", "user-over", "digest-2345-users", "error-rate",
  "resolved-error-rate", "engine-lost", "hostile-alert", "hostile-arabic",
  "user-of-256-arabic-bytes",
];
