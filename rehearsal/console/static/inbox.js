import { find, h, hide, keep, sayNone } from './dom.js';
import { clockTime, plural } from './format.js';
import { icon } from './icons.js';

const all = find('#all-messages');
let inbox = { total: 0, messages: [] };

all.addEventListener('change', () => showInbox(inbox));

/** Shows what would have reached people. */
export function showInbox(latest) {
  inbox = latest;
  const messages = inbox.messages.filter((m) => all.checked || m.tone !== 'quiet');
  const hidden = inbox.messages.length - messages.length;
  find('#inbox .count').textContent = [messages.length ? plural(messages.length, 'message') : '', hidden ? `${hidden} quiet ones hidden` : '',
    inbox.total > inbox.messages.length ? `of ${inbox.total}` : ''].filter(Boolean).join(', ');
  sayNone(find('#inbox .empty'), messages.length === 0, hidden ? 'Nobody has been called.' : undefined);
  hide(find('#inbox ol'), messages.length === 0);
  keep(find('#inbox ol'), messages, (m) => m.time + m.region + m.to + m.subject, row);
}

const row = (m) => h('li', { class: 'message', 'data-tone': m.tone, 'data-kind': m.kind }, h('details', {},
  h('summary', {}, icon(m.tone), h('time', { datetime: m.time }, clockTime(m.time)), h('span', { class: 'subject' }, m.subject || '(no subject)'),
    h('span', { class: 'minor' }, `${m.kind} from ${m.region} to ${m.to} by ${m.protocol}`)),
  h('pre', {}, readable(m.body))));

// An alarm's message is JSON for machines; people read it indented.
function readable(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
