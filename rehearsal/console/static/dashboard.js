import { stateOf } from './alarms.js';
import { Chart } from './chart.js';
import { find, h, keep, sayNone } from './dom.js';
import { stateNow } from './icons.js';

const charts = new Map(); // by widget
let states = new Map(); // of alarms, by ARN
let data = {};

/** Lays the deployed dashboards out as their bodies say. */
export function showDashboards(dashboards) {
  sayNone(find('#dashboards .empty'), dashboards.length === 0);
  charts.forEach((chart) => chart.close());
  charts.clear();
  keep(find('#dashboards .boards'), dashboards, (d) => d.name, board);
  showCharts(data);
}

/** Gives every chart its points. */
export function showCharts(latest) {
  data = latest;
  charts.forEach((chart, id) => data[id] && chart.show(data[id]));
}

/** Gives every alarm widget its states. */
export function showAlarmStates(alarms) {
  states = new Map(alarms.map((a) => [a.arn, a]));
  document.querySelectorAll('.widget .states').forEach(fillStates);
}

const board = (d) => h('div', {}, h('h3', {}, d.name), d.problem ? h('p', { class: 'problem' }, d.problem) : '',
  h('div', { class: 'grid' }, (d.widgets ?? []).map(widget)));

function widget(w) {
  const element = h('article', { class: 'widget', 'data-type': w.type, 'data-id': w.id, 'aria-label': w.title },
    w.title ? h('h4', {}, w.title) : '', w.problem ? h('p', { class: 'problem' }, w.problem) : '', content(w));
  for (const [name, value] of Object.entries({ x: w.x + 1, y: w.y + 1, width: w.width, height: w.height })) element.style.setProperty(`--${name}`, value);
  return element;
}

function content(w) {
  if (w.text) return h('div', { class: 'text' }, w.text.map(block));
  if (w.alarms) return alarmStates(w);
  if (!w.chart) return '';
  const chart = new Chart(w);
  charts.set(w.id, chart);
  return chart.element;
}

const many = 8; // alarms, which stand in columns then

function alarmStates(w) {
  const list = h('ul', { class: 'states scroll', 'data-many': w.alarms.length > many, tabindex: 0, 'aria-label': w.title });
  list.arns = w.alarms;
  fillStates(list);
  return list;
}

function fillStates(list) {
  const items = list.arns.map((arn) => {
    const alarm = states.get(arn);
    return { arn, name: alarm?.name ?? arn, state: alarm && stateNow(alarm) };
  });
  keep(list, items, (i) => i.arn, (i) => h('li', {}, i.state ? stateOf(i.state) : h('span', { class: 'state', 'data-tone': 'quiet' }, 'gone'), h('span', { class: 'subject' }, i.name)));
}

function block(b) {
  if (b.code) return h('pre', {}, b.spans.map((s) => s.text));
  return h(b.heading ? `h${Math.min(6, b.heading + 3)}` : 'p', {}, b.spans.map(span));
}

function span(s) {
  let node = s.code ? h('code', {}, s.text) : document.createTextNode(s.text);
  if (s.link) node = h('a', { href: s.link, rel: 'noreferrer', target: '_blank' }, node);
  return s.bold ? h('b', {}, node) : node;
}
