import { find, h, hide, sayNone } from './dom.js';
import { clockTime } from './format.js';
import { state } from './icons.js';
import { minor, regionTable } from './table.js';

/** Shows where the name leads askers in each region, and which regions are fit to be named. */
export function showName({ domain, askers, regions }) {
  find('#name .count').textContent = domain;
  sayNone(find('#name .empty'), domain === '');
  hide(find('#name .tables'), domain === '');
  find('#name .tables').replaceChildren(answers(askers), fitness(regions));
}

const answers = (askers) => h('table', { class: 'words', 'aria-label': 'Where the name leads' },
  h('thead', {}, h('tr', {}, ['asked in', 'leads to'].map((c) => h('th', { scope: 'col' }, c)))),
  h('tbody', {}, askers.map((a) => h('tr', {}, h('th', { scope: 'row' }, a.region),
    h('td', { 'data-asker': a.region, 'data-leads': (a.leads ?? []).join(' ') }, (a.leads ?? []).join(', ') || judged(false, '', 'nowhere'))))));

const fitness = (regions) => regionTable('Which regions are fit', regions.map((r) => r.name), [
  ['fit', regions.map((r) => h('td', { 'data-fit': r.name, 'data-tone': r.fit ? 'good' : 'bad' }, judged(r.fit, 'fit', 'unfit')))],
  ['health checkers', regions.map((r) => h('td', {}, judged(r.serves, 'serves', 'does not serve'), ' ', minor(seen(r.reports))))],
  ['observers', regions.map((r) => h('td', {}, judged(r.agreed, 'fit', 'unfit'), ' ', minor(heard(r.observers))))],
  ['withdrawn', regions.map((r) => h('td', { 'data-withdrawn': r.name }, r.withdrawn
    ? [`until ${clockTime(r.withdrawn.until)} `, minor(`by ${r.withdrawn.by}: ${r.withdrawn.reason}`)] : 'no'))],
]);

const judged = (well, good, bad) => state(well ? 'good' : 'bad', well ? 'good' : 'bad', well ? good : bad);

// seen is what health checkers say, each way of it once, without the address.
function seen(reports) {
  const ways = reports.map((r) => r.status.replace(/\. Resolved IP: .*/, ''));
  return [...new Set(ways)].map((way) => `${way} from ${ways.filter((w) => w === way).length}`).join('; ');
}

function heard(observers) {
  const unfit = observers.filter((o) => !o.fit).map((o) => o.region);
  return unfit.length ? `unfit for ${unfit.join(', ')}` : `for all ${observers.length}`;
}
