import { h } from './dom.js';

/** A table of what there is to say of some regions, a column for each, so that it fits on a narrow page too. */
export const regionTable = (label, names, rows) => h('table', { class: 'words by-region', 'aria-label': label },
  h('thead', {}, h('tr', {}, h('td'), names.map((name) => h('th', { scope: 'col' }, h('b', {}, name))))),
  h('tbody', {}, rows.map(([about, cells]) => h('tr', {}, h('th', { scope: 'row' }, about), cells))));

/** Words beside those that matter. */
export const minor = (...text) => h('span', { class: 'minor' }, ...text);
