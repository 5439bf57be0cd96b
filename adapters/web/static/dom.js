// Building DOM nodes. Text only ever becomes text: nothing here or elsewhere parses markup.

/** Return an element with properties, attributes (aria-*, data-*, …) and children. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const SHAPES = {
  send: "M12 20V5M5.5 11.5 12 5l6.5 6.5",
  stop: "M7 7h10v10H7z",
  up: "M7 11v9H4v-9h3zm0 1 4-8c1.7 0 2.5 1 2.5 2.6L13 10h5.2c1.3 0 2.2 1.2 1.9 2.5l-1.4 6c-.2.9-1 1.5-1.9 1.5H7",
  down: "M17 13V4h3v9h-3zm0-1-4 8c-1.7 0-2.5-1-2.5-2.6L11 14H5.8c-1.3 0-2.2-1.2-1.9-2.5l1.4-6c.2-.9 1-1.5 1.9-1.5H17",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "m5 12.5 4.5 4.5L19 7.5",
  plus: "M12 5v14M5 12h14",
  quote: "M5 17c2.5-1 3.5-3 3.5-6H5V6h5.5v5c0 4-2 6.5-5.5 8zM14 17c2.5-1 3.5-3 3.5-6H14V6h5.5v5c0 4-2 6.5-5.5 8z",
  question: "M9 9.3C9 7.4 10.3 6 12.2 6s3.3 1.3 3.3 3c0 2.6-3.3 2.7-3.3 5.2M12.2 18.2v.01",
  alert: "M12 8v5M12 16.5v.01M12 3.5 21 19.5H3z",
  page: "M6 3.5h8l4 4v13H6zM14 3.5v4h4",
};

/** Return a line icon, hidden from screen readers: its button carries the label. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: 20, height: 20, class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** Return a button that shows an icon alone and says its label to those who cannot see it. */
export function iconButton(name, label, onclick) {
  return element("button", { type: "button", className: "icon-button", title: label, "aria-label": label, onclick }, icon(name));
}
