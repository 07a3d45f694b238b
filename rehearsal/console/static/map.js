import { find, h, hide, svg } from './dom.js';
import { age } from './format.js';
import { shapePath, state, states } from './icons.js';

// Where things are on the picture, by role: each data region has its endpoint outside and its observer inside.
const size = { width: 720, height: 372 };
const boxes = {
  primary: { x: 10, y: 38, width: 320, height: 128 },
  secondary: { x: 390, y: 38, width: 320, height: 128 },
  witness: { x: 200, y: 262, width: 320, height: 96 },
};
const endpointAt = { primary: { x: 86, y: 110 }, secondary: { x: 634, y: 110 } };
const observerAt = { primary: { x: 272, y: 122 }, secondary: { x: 448, y: 122 }, witness: { x: 360, y: 292 } };

/** Shows the map of regions and the table of what each observer says. */
export function showMap(map) {
  const roleOf = Object.fromEntries(map.regions.map((r) => [r.name, r.role]));
  const words = map.words.filter((w) => map.regions.some((r) => r.name === w.endpoint && r.endpoint));
  find('#map .picture').replaceChildren(
    svg('svg', { viewBox: `0 0 ${size.width} ${size.height}`, role: 'img', 'aria-label': describe(map) },
      hatching(), map.regions.map(box), words.map((w) => sight(w, roleOf)), map.regions.map(observer), map.regions.map(endpoint)));
  hide(find('#map .empty'), true);
  showWords(map);
}

const describe = (map) => 'Map. ' + map.regions.map((r) =>
  `${r.name}, ${r.role}${r.down ? ', region down' : ''}${r.endpoint ? `, endpoint ${r.endpoint.says}` : ''}`).join('. ') + '.';

const hatching = () => svg('defs', {}, svg('pattern', { id: 'hatching', width: 8, height: 8, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
  svg('line', { x1: 0, y1: 0, x2: 0, y2: 8, class: 'hatch' })));

function box(region) {
  const b = boxes[region.role];
  const below = region.role === 'witness';
  const titleY = below ? b.y + b.height - 14 : b.y - 10;
  return svg('g', { class: 'region', 'data-down': region.down },
    svg('rect', { ...b, rx: 8 }),
    region.down ? svg('rect', { ...b, rx: 8, class: 'down' }) : '',
    svg('text', { x: below ? 360 : b.x + 2, y: titleY, class: 'name', 'text-anchor': below ? 'middle' : 'start' },
      region.name, svg('tspan', { class: 'minor', dx: 8 }, region.role)),
    region.down ? svg('text', { x: below ? 360 : b.x + b.width - 2, y: below ? b.y + b.height - 34 : b.y - 10, class: 'stamp', 'text-anchor': below ? 'middle' : 'end' }, 'REGION DOWN') : '');
}

// sight is the line from an observer to an endpoint, with its shape in the middle.
function sight(word, roleOf) {
  const from = observerAt[roleOf[word.observer]];
  const to = endpointAt[roleOf[word.endpoint]];
  const across = roleOf[word.observer] !== 'witness' && word.observer !== word.endpoint;
  const bend = across ? { x: (from.x + to.x) / 2 + (to.x > from.x ? -6 : 6), y: 30 } : { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const at = { x: (from.x + 2 * bend.x + to.x) / 4, y: (from.y + 2 * bend.y + to.y) / 4 };
  const { tone, shape } = states[word.says];
  return svg('g', { class: 'sight', 'data-tone': tone },
    svg('title', {}, `${word.observer} says of the endpoint in ${word.endpoint}: ${word.says} ${word.reason ?? ''}`),
    svg('path', { d: `M${from.x} ${from.y}Q${bend.x} ${bend.y} ${to.x} ${to.y}`, class: 'line' }),
    svg('circle', { cx: at.x, cy: at.y, r: 10, class: 'disc' }),
    shapePath(shape, { transform: `translate(${at.x - 6.4} ${at.y - 6.4}) scale(.8)` }));
}

function observer(region) {
  if (!region.observer) return '';
  const { x, y } = observerAt[region.role];
  return svg('g', { class: 'observer' },
    svg('path', { d: `M${x - 15} ${y}Q${x} ${y - 19} ${x + 15} ${y}Q${x} ${y + 19} ${x - 15} ${y}Z` }),
    svg('circle', { cx: x, cy: y, r: 4.5, class: 'pupil' }),
    svg('text', { x, y: y + 25, class: 'minor', 'text-anchor': 'middle' }, 'observer'));
}

function endpoint(region) {
  if (!region.endpoint) return '';
  const { x, y } = endpointAt[region.role];
  const { tone } = states[region.endpoint.state];
  return svg('g', { class: 'endpoint', 'data-tone': tone },
    svg('path', { d: `M${x - 24} ${y - 18}v32a24 8 0 0 0 48 0v-32` }),
    svg('ellipse', { cx: x, cy: y - 18, rx: 24, ry: 8 }),
    svg('text', { x, y: y + 46, class: 'word', 'text-anchor': 'middle' }, region.endpoint.state.toUpperCase()));
}

// showWords is the same in words: a row for each observer, so that it fits on a narrow page too.
function showWords(map) {
  const observers = map.regions.filter((r) => r.observer);
  const endpoints = map.regions.filter((r) => r.endpoint);
  const table = find('#map .words');
  hide(table, endpoints.length === 0);
  table.replaceChildren(
    h('thead', {}, h('tr', {}, h('td'), endpoints.map((e) => h('th', { scope: 'col' }, 'endpoint ', h('b', {}, e.name))))),
    h('tbody', {},
      observers.map((o) => h('tr', {}, h('th', { scope: 'row' }, `from ${o.name}`),
        endpoints.map((e) => cell(map.words.find((w) => w.observer === o.name && w.endpoint === e.name))))),
      h('tr', {}, h('th', { scope: 'row' }, 'cluster'), endpoints.map((e) => clusterCell(e.name, e.endpoint)))));
}

function clusterCell(name, { status, encryption, unknown }) {
  if (unknown) return h('td', { 'data-cluster': name }, state('quiet', 'unknown', 'unknown', unknown));
  return h('td', { 'data-cluster': name }, status, encryption === 'ENABLED' ? '' : h('span', { 'data-tone': 'bad' }, ` ${encryption}`));
}

function cell(word) {
  const { tone, shape } = states[word.says];
  return h('td', { 'data-observer': word.observer, 'data-endpoint': word.endpoint, 'data-says': word.says },
    state(tone, shape, word.says, word.cause),
    word.reason ? ` ${word.reason}` : '', ' ', word.since ? age(word.since) : '');
}
