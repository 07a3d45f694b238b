import { during, post } from './actions.js';
import { find, h, hide } from './dom.js';
import { clockTime } from './format.js';

const panel = find('#rehearsals');
const choice = find('#rehearsal');
let list = [];

/** Shows what can be rehearsed and how the latest went; its steps are in the timeline. */
export function showRehearsals(rehearsals) {
  hide(panel, !rehearsals);
  if (!rehearsals) return;
  if (JSON.stringify(list) !== JSON.stringify(rehearsals.list)) {
    list = rehearsals.list;
    choice.replaceChildren(...list.map((r) => h('option', { value: r.name }, r.name)));
    showChoice();
  }
  const run = rehearsals.latest;
  const running = Boolean(run) && !run.ended;
  hide(find('.stop', panel), !running);
  find('[type=submit]', panel).disabled = running || list.length === 0;
  find('.outcome', panel).textContent = !run ? '' : running ? `${run.name} runs since ${clockTime(run.started)}` : `${run.name}: ${run.outcome}`;
  find('.outcome', panel).dataset.tone = !run || running ? 'info' : run.passed ? 'good' : 'bad';
}

const showChoice = () => { find('#rehearsal-hint').textContent = list.find((r) => r.name === choice.value)?.summary ?? ''; };

choice.addEventListener('change', showChoice);

find('.start', panel).addEventListener('submit', (event) => {
  event.preventDefault();
  during(event.submitter, () => post('/rehearsals', { name: choice.value }));
});

find('.stop', panel).addEventListener('click', (e) => during(e.currentTarget, () => post('/rehearsals/stop')));
