import { find, h, hide } from './dom.js';
import { clockTime } from './format.js';

const maxLines = 1000;
const list = find('#logs ol');
const choice = find('#function');
const containing = find('#containing');
let shown = 0;

/** Calls follow with REGION/NAME whenever another function is chosen. */
export function onChoice(follow) {
  choice.addEventListener('change', () => follow(choice.value));
}

/** Offers the functions; the first one is followed until another is chosen. */
export function showFunctions(functions) {
  const chosen = choice.value;
  choice.replaceChildren(...functions.map((f) => h('option', { value: `${f.region}/${f.name}` }, `${f.region} · ${f.name}`)));
  if (functions.some((f) => `${f.region}/${f.name}` === chosen)) choice.value = chosen;
  else if (functions.length > 0) choice.dispatchEvent(new Event('change'));
}

export function clearLines() {
  list.replaceChildren();
  count();
}

export function addLines(batch) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  if (batch.skipped) list.append(h('li', { class: 'minor' }, `${batch.skipped} earlier lines are left out.`));
  list.append(...batch.lines.map(line));
  while (list.children.length > maxLines) list.firstElementChild.remove();
  count();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

const tones = { ERROR: 'bad', WARN: 'warning', INFO: 'note', DEBUG: 'quiet' };
const own = ['time', 'timestamp', 'level', 'msg', 'message', 'type', 'record'];

function line({ time, message }) {
  const record = parse(message);
  const level = record?.level?.toUpperCase();
  const item = h('li', { 'data-tone': tones[level] },
    h('time', { datetime: time }, clockTime(time)),
    h('span', { class: 'level' }, level ?? (record?.type ? 'platform' : '')),
    h('span', { class: 'what' }, record ? [h('b', {}, record.msg ?? record.message ?? record.type ?? ''), ' ', rest(record)] : message));
  item.hidden = !matches(item);
  return item;
}

function parse(message) {
  try {
    const record = JSON.parse(message);
    return record && typeof record === 'object' && !Array.isArray(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

const rest = (record) => Object.entries({ ...Object.fromEntries(Object.entries(record).filter(([k]) => !own.includes(k))), ...(record.record ?? {}) })
  .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`).join(' ');

const matches = (item) => item.textContent.toLowerCase().includes(containing.value.trim().toLowerCase());

containing.addEventListener('input', () => {
  for (const item of list.children) item.hidden = !matches(item);
  count();
});

function count() {
  shown = [...list.children].filter((item) => !item.hidden).length;
  find('#logs .count').textContent = shown ? `${shown} lines` : '';
  hide(find('#logs .empty'), shown > 0);
  hide(list, shown === 0);
}
