// Elements are built from text nodes only: nothing that comes from the sandbox is ever parsed as markup.

const svgNamespace = 'http://www.w3.org/2000/svg';

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== ''));
  return element;
}

export const h = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);

export const svg = (tag, attributes, ...children) => build(document.createElementNS(svgNamespace, tag), attributes, children);

export const find = (selector, root = document) => root.querySelector(selector);

export const hide = (element, hidden) => { element.hidden = hidden; };

/** Says that there is nothing of a kind, or hides that; until the first data the page has only waited. */
export function sayNone(element, none, text = element.dataset.none) {
  element.textContent = text;
  hide(element, !none);
}

/**
 * Makes the children of a list those of items, in their order. A child whose item has not changed stays as it is; one that
 * is made anew keeps the focus and whether it was open.
 */
export function keep(list, items, keyOf, make) {
  const before = list.nodes ?? new Map();
  const after = new Map();
  for (const item of items) {
    let key = keyOf(item);
    while (after.has(key)) key += '+';
    const text = JSON.stringify(item);
    const old = before.get(key);
    after.set(key, old?.text === text ? old : { text, node: renew(old?.node, make(item)) });
  }
  list.nodes = after;
  [...before].filter(([key]) => !after.has(key)).forEach(([, old]) => old.node.remove());
  let place = list.firstElementChild;
  for (const { node } of after.values()) {
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
  }
}

function renew(old, node) {
  if (!old) return node;
  const focused = old.contains(document.activeElement);
  const opened = find('details[open]', old);
  old.replaceWith(node);
  if (opened) find('details', node).open = true;
  if (focused) find('summary, button', node)?.focus();
  return node;
}
