import { find, h, hide, sayNone } from './dom.js';
import { clockTime } from './format.js';
import { icon } from './icons.js';

/** Shows where the name leads askers in each region, and which regions are fit to be named. */
export function showName({ domain, askers, regions }) {
  find('#name .count').textContent = domain;
  sayNone(find('#name .empty'), domain === '');
  hide(find('#name .tables'), domain === '');
  find('#name .tables').replaceChildren(answers(askers), fitness(regions));
}

const head = (...cells) => h('thead', {}, h('tr', {}, cells.map((c) => h('th', { scope: 'col' }, c))));

const answers = (askers) => h('table', { class: 'words', 'aria-label': 'Where the name leads' },
  head('asked in', 'leads to'),
  h('tbody', {}, askers.map((a) => h('tr', {}, h('th', { scope: 'row' }, a.region),
    h('td', { 'data-asker': a.region, 'data-leads': (a.leads ?? []).join(' ') }, (a.leads ?? []).join(', ') || state(false, '', 'nowhere'))))));

const fitness = (regions) => h('table', { class: 'words', 'aria-label': 'Which regions are fit' },
  head('region', 'fit', 'health checkers', 'observers', 'withdrawn'),
  h('tbody', {}, regions.map((r) => h('tr', {}, h('th', { scope: 'row' }, r.name),
    h('td', { 'data-fit': r.name, 'data-tone': r.fit ? 'good' : 'bad' }, state(r.fit, 'fit', 'unfit')),
    h('td', {}, state(r.serves, 'serves', 'does not serve'), ' ', minor(seen(r.reports))),
    h('td', {}, state(r.agreed, 'fit', 'unfit'), ' ', minor(heard(r.observers))),
    h('td', { 'data-withdrawn': r.name }, r.withdrawn
      ? [`until ${clockTime(r.withdrawn.until)} `, minor(`by ${r.withdrawn.by}: ${r.withdrawn.reason}`)] : 'no')))));

const minor = (text) => h('span', { class: 'minor' }, text);

const state = (well, good, bad) => h('span', { class: 'state', 'data-tone': well ? 'good' : 'bad' }, icon(well ? 'good' : 'bad'), well ? good : bad);

// seen is what health checkers say, each way of it once, without the address.
function seen(reports) {
  const ways = reports.map((r) => r.status.replace(/\. Resolved IP: .*/, ''));
  return [...new Set(ways)].map((way) => `${way} from ${ways.filter((w) => w === way).length}`).join('; ');
}

function heard(observers) {
  const unfit = observers.filter((o) => !o.fit).map((o) => o.region);
  return unfit.length ? `unfit for ${unfit.join(', ')}` : `for all ${observers.length}`;
}
