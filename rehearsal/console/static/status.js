import { find, h, hide, keep } from './dom.js';
import { age, plural } from './format.js';
import { icon, stateNow, states } from './icons.js';

const shown = { regions: [], alarms: undefined, inbox: undefined };

/** Shows what is up, what is down and who was told, from whichever sections have come. */
export function showStatus(part) {
  Object.assign(shown, part);
  hide(find('#status .empty'), true);
  const tiles = shown.regions.map((r) => ({ kind: 'endpoint', region: r.name, role: r.role, down: r.down, state: 'unknown', says: 'no cluster is deployed', ...r.endpoint }));
  if (shown.alarms) tiles.push({ kind: 'alarms', ...countAlarms(shown.alarms) });
  if (shown.inbox) tiles.push({ kind: 'told', latest: shown.inbox.messages.find((m) => m.tone === 'bad' || m.tone === 'good') });
  keep(find('#status'), tiles, (t) => t.kind + (t.region ?? ''), (t) => makers[t.kind](t));
}

// countAlarms counts alarms by their states as of now.
function countAlarms(alarms) {
  const counts = { ALARM: 0, OK: 0, INSUFFICIENT_DATA: 0, unknown: 0 };
  for (const a of alarms) counts[stateNow(a)] += 1;
  return counts;
}

// What the alarms say together: what none of them can tell is no good news.
function verdictOf({ ALARM, OK, INSUFFICIENT_DATA, unknown }) {
  if (ALARM) return [states.ALARM, `${ALARM} in alarm`];
  if (unknown + INSUFFICIENT_DATA) return [{ tone: 'warning', shape: 'unknown' }, `${unknown + INSUFFICIENT_DATA} unknown`];
  return OK ? [states.OK, 'quiet'] : [states.unknown, 'none yet'];
}

const makers = {
  endpoint: (t) => tile('endpoint', states[t.state], `${t.role} · ${t.region}`, t.state, [t.says, t.down ? 'the whole region is down' : '']),
  alarms: (t) => {
    const [state, word] = verdictOf(t);
    return tile('alarms', state, 'Alarms', word,
      [`${t.OK} OK`, t.INSUFFICIENT_DATA ? `${t.INSUFFICIENT_DATA} without data` : '', t.unknown ? `${t.unknown} not evaluated` : '']);
  },
  told: ({ latest }) => (latest
    ? tile('told', { tone: latest.tone, shape: latest.tone }, 'Told last', latest.subject, [`${latest.to} by way of ${latest.region}`, [age(latest.time), ' ago']])
    : tile('told', { tone: 'good', shape: 'good' }, 'Told last', 'nobody', ['no page has been sent'])),
};

const tile = (kind, { tone, shape }, label, word, details) => h('div', { class: 'tile', 'data-kind': kind, 'data-tone': tone },
  h('p', { class: 'label' }, label), h('p', { class: 'word' }, icon(shape), h('span', {}, word)),
  h('p', { class: 'detail' }, details.filter((d) => d !== '').flatMap((d, i) => [i ? ' · ' : '', d].flat())));

export const alarmSummary = (alarms) => {
  const { ALARM, OK, unknown } = countAlarms(alarms);
  const said = ALARM ? `${ALARM} of ${plural(alarms.length, 'alarm')} in ALARM` : `${OK} of ${alarms.length} OK`;
  return unknown ? `${said}, ${unknown} not evaluated` : said;
};
