import { detail } from './detail.js';
import { find, h, hide, keep, sayNone } from './dom.js';
import { clockTime, duration } from './format.js';
import { icon } from './icons.js';

let announced;

/** Shows what happened, and says aloud what is new and matters. */
export function showTimeline(entries) {
  find('#timeline .count').textContent = entries.length ? `latest ${entries.length}` : '';
  sayNone(find('#timeline .empty'), entries.length === 0);
  hide(find('#timeline ol'), entries.length === 0);
  keep(find('#timeline ol'), entries, (e) => e.time + e.kind + e.text, line);
  announce(entries);
}

const line = (e) => h('li', { class: 'event', 'data-tone': e.tone, 'data-kind': e.kind },
  h('time', { datetime: e.time }, clockTime(e.time)),
  h('span', { class: 'after', title: 'since the latest change of the faults' }, e.after === undefined ? '' : `+${duration(e.after)}`),
  icon(e.tone),
  h('span', { class: 'kind' }, e.kind),
  h('span', { class: 'what' }, e.region ? h('b', {}, `${e.region} `) : '', e.text, e.detail ? [' ', detail(e.detail)] : ''));

function announce(entries) {
  const newest = entries[0]?.time ?? '';
  if (announced !== undefined) {
    const news = entries.filter((e) => Date.parse(e.time) > Date.parse(announced || 0) && ['fault', 'message'].includes(e.kind));
    if (news.length) find('#announce').textContent = news.reverse().map((e) => `${e.region ?? ''} ${e.text}`).join('. ');
  }
  announced = newest;
}
