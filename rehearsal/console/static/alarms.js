import { find, h, hide, keep, sayNone } from './dom.js';
import { age, clockTime } from './format.js';
import { state, stateNow, states } from './icons.js';
import { alarmSummary } from './status.js';

const order = ['ALARM', 'INSUFFICIENT_DATA', 'unknown', 'OK'];

/** Shows the alarms of all regions, the most urgent first, each with its history. */
export function showAlarms(alarms) {
  find('#alarms .count').textContent = alarms.length ? alarmSummary(alarms) : '';
  sayNone(find('#alarms .empty'), alarms.length === 0);
  hide(find('#alarms ol'), alarms.length === 0);
  const sorted = alarms.toSorted((a, b) => order.indexOf(stateNow(a)) - order.indexOf(stateNow(b)));
  keep(find('#alarms ol'), sorted, (a) => a.arn, row);
}

const words = { INSUFFICIENT_DATA: 'no data' };

/** A state of an alarm in a shape, a colour and a word. */
export const stateOf = (name) => state(states[name].tone, states[name].shape, words[name] ?? name);

const row = (a) => h('li', { class: 'alarm', 'data-name': a.name, 'data-state': stateNow(a) }, h('details', {},
  h('summary', {}, stateOf(stateNow(a)), h('span', { class: 'subject' }, a.name), h('span', { class: 'minor' },
    [a.region, a.unknown ? `not evaluated, last ${words[a.state] ?? a.state}` : '', a.composite ? 'composite' : '', a.tells ? 'pages' : 'no action'].filter(Boolean).join(' · '), ' · ', age(a.since))),
  h('div', { class: 'more' },
    a.unknown ? h('p', {}, `Not evaluated: ${a.unknown}.`) : '',
    a.description ? h('p', {}, a.description) : '',
    h('p', { class: 'minor' }, a.reason),
    history(a.history ?? []))));

const history = (items) => (items.length === 0
  ? h('p', { class: 'minor' }, 'It has never changed its state.')
  : h('table', {}, h('caption', {}, 'Latest changes'), h('tbody', {}, items.map((i) => h('tr', {},
    h('td', {}, clockTime(i.time)), h('td', {}, stateOf(i.to)), h('td', { class: 'minor' }, i.why))))));
