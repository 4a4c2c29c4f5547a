// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a document, found inside the browser. Functions given to evaluate() see
// nothing but their argument.

// Elements or attributes beyond those allowed, and scripts that ran.
export async function foreignParts(frame, allowed) {
  return frame.evaluate(({elements, attributes}) => {
    const faults = [];
    if (globalThis.hit !== undefined) faults.push("a script from a message ran");
    for (const element of document.querySelectorAll("*")) {
      const name = element.localName;
      if (!elements.includes(name)) faults.push(`<${name}> is not of the template`);
      for (const {name: attribute} of element.attributes) {
        if (!attributes.includes(attribute)) faults.push(`<${name} ${attribute}> is not either`);
      }
    }
    return faults;
  }, allowed);
}

// Text that is wider than the screen, hidden, or too faint to read (WCAG AA: 4.5 to 1).
export async function illegibleParts(frame) {
  return frame.evaluate(() => {
    const faults = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
      faults.push(`it scrolls sideways: ${root.scrollWidth} px in ${root.clientWidth}`);
    }
    const parsed = (colour) => {
      const parts = colour.match(/[\d.]+/g).map(Number);
      return {rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1};
    };
    const luminance = (rgb) => {
      const [r, g, b] = rgb.map((part) => {
        const c = part / 255;
        return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const groundOf = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const {rgb, alpha} = parsed(getComputedStyle(at).backgroundColor);
        if (alpha > 0.99) return rgb;
      }
      return [255, 255, 255];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let seen = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.data.replace(/[\s\u00a0]/g, "") === "") continue;
      const element = node.parentElement;
      if (["script", "style"].includes(element.localName)) continue;
      if (!element.checkVisibility({checkOpacity: true})) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      ++seen;
      const text = node.data.trim().slice(0, 40);
      if (box.right > root.clientWidth + 0.5 || box.left < -0.5) {
        faults.push(`"${text}" stands outside the page`);
      }
      const fore = luminance(parsed(getComputedStyle(element).color).rgb);
      const back = luminance(groundOf(element));
      const contrast = (Math.max(fore, back) + 0.05) / (Math.min(fore, back) + 0.05);
      if (contrast < 4.5) faults.push(`"${text}" has a contrast of ${contrast.toFixed(2)} to 1`);
    }
    if (seen < 3) faults.push("there is hardly any text to be seen");
    return faults;
  });
}

// Makes every request that is not answered by `answers` (address → answer) a fault.
export async function watchRequests(page, answers, faults) {
  await page.route("**/*", (route) => {
    const address = new URL(route.request().url());
    const answer = address.protocol === "http:" ? answers(address.pathname) : undefined;
    if (answer === undefined) {
      faults.push(`it asked for ${address.href.slice(0, 80)}`);
      return route.abort();
    }
    return route.fulfill(answer);
  });
  page.on("pageerror", (error) => faults.push(`a script failed: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push("a dialog opened");
    dialog.dismiss();
  });
}
