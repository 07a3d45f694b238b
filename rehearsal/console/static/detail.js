import { h } from './dom.js';

const short = 80; // letters, of what is shown whole

/** What somebody else says of a thing: whole if it is short, else its beginning until it is opened. */
export const detail = (text) => (text.length <= short ? h('span', { class: 'minor' }, text)
  : h('details', { class: 'detail' }, h('summary', { class: 'minor' }, text)));
