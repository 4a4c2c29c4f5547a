// SPDX-License-Identifier: Apache-2.0
// Shows what the demo's stand-ins for Slack and mail got. Text of messages is only ever set as
// text: no part of it becomes markup, but for the few marks of Slack's mrkdwn that Tocsin writes.
"use strict";

const kEvery = 1000;  // milliseconds between two looks

const byId = (id) => document.getElementById(id);

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// Slack's three entities; "&amp;" last, so that "&amp;lt;" is "&lt;".
function unescaped(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

function link(address, label) {
  const made = element("a", "", unescaped(label));
  made.href = unescaped(address);
  made.target = "_blank";
  made.rel = "noreferrer noopener";
  return made;
}

// The mrkdwn that Tocsin writes: *bold*, `code`, <https://address> and <https://address|label>.
// Everything else, other <…> of Slack among them, is shown as it stands.
function mrkdwn(text) {
  const mark = /`([^`\n]+)`|\*([^*\n]+)\*|<(https:\/\/[^|>\s]+)(?:\|([^>]*))?>/g;
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(mark)) {
    if (found.index > from) nodes.push(unescaped(text.slice(from, found.index)));
    const [all, code, bold, address, label] = found;
    if (code !== undefined) nodes.push(element("code", "", unescaped(code)));
    else if (bold !== undefined) nodes.push(element("b", "", unescaped(bold)));
    else nodes.push(link(address, label ?? address));
    from = found.index + all.length;
  }
  if (from < text.length) nodes.push(unescaped(text.slice(from)));
  return nodes;
}

function slackText(object) {
  return object.type === "mrkdwn" ? mrkdwn(String(object.text)) : [String(object.text)];
}

function slackBlock(block) {
  if (block.type === "header") return element("div", "block header", ...slackText(block.text));
  if (block.type === "section" && block.fields) {
    return element("div", "block fields",
                   ...block.fields.map((field) => element("div", "field", ...slackText(field))));
  }
  if (block.type === "section") return element("div", "block", ...slackText(block.text));
  if (block.type === "context") {
    return element("div", "block context",
                   ...block.elements.map((each) => element("span", "element", ...slackText(each))));
  }
  return null;
}

function clock(at) {
  return new Date(at).toLocaleTimeString(
      [], {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"});
}

function bell() {
  return document.querySelector("svg.bell").cloneNode(true);
}

function post(message) {
  const face = element("div", "avatar", bell());
  face.firstChild.removeAttribute("class");
  const who = element("div", "who", element("b", "", "Tocsin"), element("span", "app", "APP"),
                      element("span", "channel", "#" + message.channel),
                      element("span", "time", clock(message.at)), element("span", "pill"));
  const blocks = (message.body.blocks ?? []).map(slackBlock);
  if (blocks.length === 0) {
    blocks.push(element("div", "block", unescaped(String(message.body.text))));
  }
  // What a phone shows before anything is opened.
  const notified = element("div", "notified", element("b", "", "Phone: "),
                           unescaped(String(message.body.text)));
  if (!message.body.blocks) notified.hidden = true;
  return element("li", "post", face, element("div", "", who, ...blocks, notified));
}

function frame(html) {
  const made = document.createElement("iframe");
  // No script runs in it; it is of this origin only so that its height can be read.
  made.setAttribute("sandbox", "allow-same-origin");
  made.title = "The mail's HTML part";
  made.srcdoc = html;
  const fit = () => {
    const body = made.contentDocument?.body;
    if (body && made.offsetParent) made.style.height = `${Math.ceil(body.offsetHeight) + 2}px`;
  };
  made.addEventListener("load", () => {
    fit();
    new ResizeObserver(fit).observe(made);
  });
  return made;
}

function letter(message) {
  const html = message.html ? frame(message.html) : null;
  const text = element("pre", "", message.text ?? "");
  text.hidden = html !== null;
  const forms = element("div", "forms");
  const show = (wanted) => {
    text.hidden = wanted !== "Text";
    if (html) html.hidden = wanted !== "HTML";
    for (const button of forms.children) {
      button.setAttribute("aria-pressed", String(button.textContent === wanted));
    }
  };
  for (const form of html ? ["HTML", "Text"] : ["Text"]) {
    const button = element("button", "", form);
    button.type = "button";
    button.addEventListener("click", () => show(form));
    forms.append(button);
  }
  show(html ? "HTML" : "Text");
  const to = (message.to ?? []).join(", ");
  return element(
      "li", "letter",
      element("h3", "subject", element("span", "", message.subject ?? ""), element("span", "pill")),
      element("div", "envelope",
              element("span", "", `${message.from ?? ""} to ${to}, ${clock(message.at)}`), forms),
      html, text);
}

// Messages already shown keep their elements, so that nothing flickers or folds up.
const shown = new Map();

function keyOf(message, seen) {
  const what = message.kind === "mail" ? message.subject : message.body.text;
  const key = [message.kind, message.channel, message.at, what].join("\n");
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  return `${key}\n${count}`;
}

function show(messages, first) {
  const seen = new Map();
  const lists = {slack: [], mail: []};
  // From the oldest, so that of two alike the older keeps its key.
  for (const message of [...messages].reverse()) {
    const key = keyOf(message, seen);
    if (!shown.has(key)) {
      const item = message.kind === "mail" ? letter(message) : post(message);
      if (!first) item.classList.add("new");
      shown.set(key, item);
    }
    const item = shown.get(key);
    item.querySelector(".pill").textContent = message.took_ms ? `${message.took_ms} ms` : "";
    lists[message.kind === "mail" ? "mail" : "slack"].unshift(item);
  }
  for (const [kind, items] of Object.entries(lists)) {
    const list = byId(kind).querySelector(".list");
    // What stands already is not moved: a frame that is moved loads again.
    items.forEach((item, i) => {
      if (list.children[i] !== item) list.insertBefore(item, list.children[i] ?? null);
    });
    while (list.children.length > items.length) list.lastElementChild.remove();
    byId(kind).querySelector(".nothing").hidden = items.length > 0;
    for (const place of [byId(kind), byId(`tab-${kind}`)]) {
      place.querySelector(".count").textContent = items.length > 0 ? `(${items.length})` : "";
    }
  }
}

function say(messages) {
  const times = messages.map((message) => Number(message.took_ms)).filter((ms) => ms > 0);
  if (messages.length === 0) return "Waiting for the first message …";
  const count = messages.length === 1 ? "1 message" : `${messages.length} messages`;
  if (times.length === 0) return `${count} so far.`;
  times.sort((a, b) => a - b);
  return `${count} so far, half of them within ${times[Math.floor(times.length / 2)]} ms ` +
      "of the request that crossed the line.";
}

let first = true;

async function look() {
  try {
    const answer = await fetch("/demo/messages.json", {cache: "no-store"});
    if (!answer.ok) throw new Error(String(answer.status));
    const {messages} = await answer.json();
    show(messages, first);
    byId("state").textContent = say(messages);
    document.body.classList.remove("ended");
    first = false;
  } catch {
    document.body.classList.add("ended");
    byId("state").textContent = "The demo has ended. This is what people got.";
  }
  setTimeout(look, kEvery);
}

for (const kind of ["slack", "mail"]) {
  byId(`tab-${kind}`).addEventListener("click", () => {
    document.querySelector("main").dataset.shown = kind;
    for (const other of ["slack", "mail"]) {
      byId(`tab-${other}`).setAttribute("aria-pressed", String(other === kind));
    }
  });
}
look();
