import { detail } from './detail.js';
import { find, h, hide, sayNone } from './dom.js';
import { age, clockTime, duration, plural } from './format.js';
import { state } from './icons.js';
import { minor, regionTable } from './table.js';

/** Shows what each data region keeps of the database, and whether that could be restored. */
export function showBackups(regions) {
  const points = regions.reduce((sum, r) => sum + r.own + r.copies, 0);
  find('#backups .count').textContent = points ? plural(points, 'recovery point') : '';
  sayNone(find('#backups .empty'), regions.length === 0);
  hide(find('#backups .kept'), regions.length === 0);
  find('#backups .kept').replaceChildren(regionTable('What each data region keeps', regions.map((r) => r.region),
    rows.map(([about, name, cell]) => [about, regions.map((r) => h('td', { [`data-${name}`]: r.region }, cell(r)))])));
}

const unknown = (why) => state('quiet', 'unknown', 'unknown', why);
const known = (cell) => (r) => (r.unknown ? unknown(r.unknown) : cell(r));

const vault = (r) => [r.own + r.copies ? `${r.own} of its own, ${r.copies === 1 ? '1 copy' : `${r.copies} copies`} ` : 'none yet ', minor(`in ${r.vault}`)];

const newest = ({ newest: point }) => (point ? [`${clockTime(point.at)} `, minor(age(point.at), ' ago')] : 'none yet');

const twins = {
  there: (region) => state('good', 'good', `in ${region}`),
  coming: (region) => state('note', 'back', `on its way to ${region}`),
  missing: (region) => state('warning', 'warning', `not in ${region}`),
  unknown: (region) => unknown(`${region} cannot be asked`),
};

const twin = ({ newest: point }) => (point ? twins[point.twin](point.in) : 'none yet');

const jobs = (r) => (r.jobs.length === 0 ? 'none' : r.jobs.map((j) => h('div', {}, j.ended
  ? [state('bad', 'bad', `${j.kind} ${j.state}`), ' ', minor(age(j.ended), ' ago'), ' ', detail(j.message ?? '')]
  : [state('note', 'back', `${j.kind} ${j.state}`), ' ', minor('for ', age(j.began))])));

// A restore test is Step Functions' to tell, which may answer when AWS Backup does not.
function test({ test: t }) {
  if (!t) return 'off';
  if (t.unknown) return unknown(t.unknown);
  const said = [];
  if (t.running) said.push(h('div', {}, state('note', 'back', 'running'), ' ', minor('for ', age(t.running))));
  if (t.last) said.push(h('div', {}, ended(t.last)));
  return said.length ? said : 'none yet';
}

const ended = (last) => [last.passed ? state('good', 'good', last.result) : state('bad', 'bad', last.result), ' ',
  minor(age(last.ended), ' ago'), ' ', last.passed ? minor('in ', h('span', { class: 'whole' }, duration(last.took))) : detail(last.why ?? '')];

// Each row: what it is about, its name for tests, and what it says of a region.
const rows = [
  ['recovery points', 'vault', known(vault)],
  ['newest of its own', 'newest', known(newest)],
  ['twin of that', 'twin', known(twin)],
  ['jobs', 'jobs', known(jobs)],
  ['restore test', 'test', test],
];
