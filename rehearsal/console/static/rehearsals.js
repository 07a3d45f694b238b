import { during, post } from './actions.js';
import { find, h, hide } from './dom.js';
import { clockTime } from './format.js';
import { icon } from './icons.js';

const panel = find('#rehearsals');
const choice = find('#rehearsal');
let list = [];

/** Shows what can be rehearsed and how the latest went; its steps are in the timeline. */
export function showRehearsals({ list: offered, latest }) {
  hide(panel, offered.length === 0);
  if (JSON.stringify(list) !== JSON.stringify(offered)) {
    list = offered;
    choice.replaceChildren(...list.map((r) => h('option', { value: r.name }, r.name)));
    showChoice();
  }
  hide(find('.stop', panel), !latest?.running);
  hide(find('[type=submit]', panel), Boolean(latest?.running));
  const outcome = find('.outcome', panel);
  outcome.replaceChildren(...(latest ? result(latest) : []));
  outcome.dataset.tone = !latest || latest.running ? 'note' : latest.passed ? 'good' : 'bad';
}

const result = (run) => (run.running
  ? [h('p', {}, `${run.name} runs since ${clockTime(run.started)}.`)]
  : [h('p', { class: 'state' }, icon(run.passed ? 'good' : 'bad'), `${run.name} ${run.passed ? 'passed' : 'did not pass'}: ${run.outcome}`),
    h('table', {}, h('tbody', {}, (run.checks ?? []).map((c) => h('tr', {}, h('td', { 'data-tone': c.passed ? 'good' : 'bad' }, h('span', { class: 'state' }, icon(c.passed ? 'good' : 'bad'), c.name)),
      h('td', {}, c.got), h('td', { class: 'minor' }, c.want)))))]);

const showChoice = () => { find('#rehearsal-hint').textContent = list.find((r) => r.name === choice.value)?.title ?? ''; };

choice.addEventListener('change', showChoice);

find('.start', panel).addEventListener('submit', (event) => {
  event.preventDefault();
  during(event.submitter, () => post('/rehearsals', { name: choice.value }));
});

find('.stop', panel).addEventListener('click', (e) => during(e.currentTarget, () => post('/rehearsals/stop')));
