import { find, h, keep } from './dom.js';
import { age, plural } from './format.js';
import { icon, states } from './icons.js';

const shown = { regions: [], alarms: undefined, inbox: undefined };

/** Shows what is up, what is down and who was told, from whichever sections have come. */
export function showStatus(part) {
  Object.assign(shown, part);
  const tiles = shown.regions.map((r) => ({ kind: 'endpoint', region: r.name, role: r.role, down: r.down, state: 'unknown', says: 'no cluster is deployed', ...r.endpoint }));
  if (shown.alarms) tiles.push({ kind: 'alarms', ...countAlarms(shown.alarms) });
  if (shown.inbox) tiles.push({ kind: 'told', latest: shown.inbox.messages.find((m) => m.tone === 'bad' || m.tone === 'good') });
  keep(find('#status'), tiles, (t) => t.kind + (t.region ?? ''), (t) => makers[t.kind](t));
}

// countAlarms counts alarms by state, and apart those of regions that are down, whose states are old.
function countAlarms(alarms) {
  const counts = { ALARM: 0, OK: 0, INSUFFICIENT_DATA: 0, down: 0 };
  for (const a of alarms) counts[a.down ? 'down' : a.state] += 1;
  return counts;
}

const makers = {
  endpoint: (t) => tile('endpoint', states[t.state], `${t.role} · ${t.region}`, t.state, [t.says, t.down ? 'the whole region is down' : '']),
  alarms: (t) => tile('alarms', t.ALARM ? states.ALARM : t.OK ? states.OK : states.unknown, 'Alarms', t.ALARM ? `${t.ALARM} in alarm` : t.OK ? 'quiet' : 'none yet',
    [`${t.OK} OK`, t.INSUFFICIENT_DATA ? `${t.INSUFFICIENT_DATA} without data` : '', t.down ? `${t.down} not evaluated` : '']),
  told: ({ latest }) => (latest
    ? tile('told', { tone: latest.tone, shape: latest.tone }, 'Told last', latest.subject, [`${latest.to} by way of ${latest.region}`, [age(latest.time), ' ago']])
    : tile('told', { tone: 'good', shape: 'good' }, 'Told last', 'nobody', ['no page has been sent'])),
};

const tile = (kind, { tone, shape }, label, word, details) => h('div', { class: 'tile', 'data-kind': kind, 'data-tone': tone },
  h('p', { class: 'label' }, label), h('p', { class: 'word' }, icon(shape), h('span', {}, word)),
  h('p', { class: 'detail' }, details.filter((d) => d !== '').flatMap((d, i) => [i ? ' · ' : '', d].flat())));

export const alarmSummary = (alarms) => {
  const { ALARM, OK } = countAlarms(alarms);
  return ALARM ? `${ALARM} of ${plural(alarms.length, 'alarm')} in ALARM` : `${OK} of ${alarms.length} OK`;
};
