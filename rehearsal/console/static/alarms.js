import { find, h, hide, keep, sayNone } from './dom.js';
import { age, clockTime } from './format.js';
import { icon, states } from './icons.js';
import { alarmSummary } from './status.js';

const order = ['ALARM', 'INSUFFICIENT_DATA', 'OK'];

/** Shows the alarms of all regions, the most urgent first, each with its history. */
export function showAlarms(alarms) {
  find('#alarms .count').textContent = alarms.length ? alarmSummary(alarms) : '';
  sayNone(find('#alarms .empty'), alarms.length === 0);
  hide(find('#alarms ol'), alarms.length === 0);
  const sorted = alarms.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  keep(find('#alarms ol'), sorted, (a) => a.arn, row);
}

/** The state of an alarm in a shape, a colour and a word; that of one in a region that is down is old, and pale. */
export const stateOf = (state, old) => h('span', { class: 'state', 'data-tone': old ? 'quiet' : states[state].tone }, icon(states[state].shape), state === 'INSUFFICIENT_DATA' ? 'no data' : state);

const row = (a) => h('li', { class: 'alarm', 'data-name': a.name, 'data-state': a.state }, h('details', {},
  h('summary', {}, stateOf(a.state, a.down), h('span', { class: 'subject' }, a.name), h('span', { class: 'minor' },
    [a.region, a.down ? 'region down, not evaluated' : '', a.composite ? 'composite' : '', a.tells ? 'pages' : 'no action'].filter(Boolean).join(' · '), ' · ', age(a.since))),
  h('div', { class: 'more' },
    a.description ? h('p', {}, a.description) : '',
    h('p', { class: 'minor' }, a.reason),
    history(a.history ?? []))));

const history = (items) => (items.length === 0
  ? h('p', { class: 'minor' }, 'It has never changed its state.')
  : h('table', {}, h('caption', {}, 'Latest changes'), h('tbody', {}, items.map((i) => h('tr', {},
    h('td', {}, clockTime(i.time)), h('td', {}, stateOf(i.to)), h('td', { class: 'minor' }, i.why))))));
