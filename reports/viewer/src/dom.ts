// Making elements. Everything shown goes through here as text or as an attribute of this short list;
// nothing is ever parsed as markup, so no name, payload or output can become any.

type Child = Node | string | number | null | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined | ((event: never) => void)>;

const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

// Controls and bidirectional overrides, which would change how their surroundings look, as escapes.
export function visible(text: string): string {
  return text.replace(unseen, (c) => {
    const code = c.charCodeAt(0);
    return code < 0x100 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u" + code.toString(16).padStart(4, "0");
  });
}

function fill(element: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") {
      element.addEventListener(name.replace(/^on/, ""), value as EventListener);
    } else {
      element.setAttribute(name, value === true ? "" : name === "title" || name === "aria-label" ? visible(String(value)) : String(value));
    }
  }
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : visible(String(child)));
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

export function s<K extends keyof SVGElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, attributes, children);
  return element;
}

// What is made when it is first looked at, or printed.
export function folded(attributes: Attributes, summary: string, make: () => HTMLElement): HTMLDetailsElement {
  const details = h("details", attributes, h("summary", {}, summary));
  const lay = () => { if (details.children.length === 1) details.append(make()); };
  details.addEventListener("toggle", lay);
  details.addEventListener("lay-open", lay);
  return details;
}

// Long text: what is likely wanted at once, the rest when asked for.
export function longText(text: string, limit = 20_000): HTMLElement {
  const pre = h("pre", { class: "output", tabindex: 0 }, text.slice(0, limit));
  if (text.length <= limit) return pre;
  const more = h("button", { type: "button", class: "quiet", onclick: () => {
    pre.replaceChildren(visible(text));
    more.remove();
  } }, `show all ${text.length.toLocaleString("en")} characters`);
  return h("div", {}, pre, more);
}

export function copyButton(text: string): HTMLButtonElement {
  const button: HTMLButtonElement = h("button", { type: "button", class: "quiet copy", onclick: () => {
    const done = () => { button.textContent = "copied"; setTimeout(() => (button.textContent = "copy"), 1500); };
    navigator.clipboard?.writeText(text).then(done, () => select(button.previousElementSibling));
  } }, "copy");
  return button;
}

function select(element: Element | null): void {
  if (element) getSelection()?.selectAllChildren(element);
}
