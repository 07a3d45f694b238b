import { during, post } from './actions.js';
import { find, h, hide, keep, sayNone } from './dom.js';
import { age } from './format.js';
import { icon } from './icons.js';

const panel = find('#faults');
const choice = find('#fault');
let catalogue = [];
let active = [];
let regions = [];

// What takes a whole region down, by its role.
const regionFault = (role) => (role === 'witness' ? { name: 'witness-lost' } : { name: 'region-lost', with: { region: role } });
const takesDown = (fault, region) => {
  const { name, with: parameters } = regionFault(region.role);
  return fault.name === name && (!parameters || [region.role, region.name].includes(fault.with?.region));
};

export function showFaults(faults) {
  if (JSON.stringify(catalogue) !== JSON.stringify(faults.catalogue)) {
    catalogue = faults.catalogue;
    choice.replaceChildren(...catalogue.map((f) => h('option', { value: f.name }, f.name)));
    showChoice();
  }
  hide(find('.inject', panel), catalogue.length === 0);
  active = faults.active;
  find('.count', panel).textContent = active.length ? `${active.length} active` : '';
  sayNone(find('.empty', panel), active.length === 0);
  hide(find('.undo-all', panel), active.length < 2);
  keep(find('.active', panel), active, (f) => String(f.id), activeFault);
  showSwitches();
}

export function showRegions(latest) {
  const changed = JSON.stringify(regions.map((r) => r.name)) !== JSON.stringify(latest.map((r) => r.name));
  regions = latest;
  if (changed) showChoice();
  showSwitches();
}

function showSwitches() {
  const items = regions.map((r) => ({ name: r.name, role: r.role, display: r.display, fault: active.find((f) => takesDown(f, r))?.id }));
  keep(find('.switches', panel), items, (i) => i.name, (i) => h('li', {},
    h('span', {}, h('b', {}, i.role), ` ${i.name}`, h('span', { class: 'minor' }, ` ${i.display}`)),
    i.fault === undefined
      ? h('button', { type: 'button', class: 'danger', 'data-region': i.role, 'aria-label': `Take down ${i.name}, the ${i.role}`, onclick: (e) => during(e.currentTarget, () => post('/faults', regionFault(i.role))) }, 'Take down')
      : h('button', { type: 'button', 'data-region': i.role, 'aria-label': `Bring back ${i.name}, the ${i.role}`, onclick: (e) => during(e.currentTarget, () => post('/faults/undo', { id: i.fault })) }, 'Bring back')));
}

const activeFault = (f) => h('li', { 'data-tone': 'bad' }, icon('bad'),
  h('span', { class: 'what' }, h('b', {}, f.name), ...Object.entries(f.with ?? {}).map(([k, v]) => ` ${k}=${v}`), ' ', age(f.since)),
  h('button', { type: 'button', 'aria-label': `Undo ${f.name}`, onclick: (e) => during(e.currentTarget, () => post('/faults/undo', { id: f.id })) }, 'Undo'));

function showChoice() {
  const fault = catalogue.find((f) => f.name === choice.value);
  find('#fault-hint').textContent = fault?.description ?? '';
  find('.parameters', panel).replaceChildren(...(fault?.parameters ?? []).map(field));
}

const examples = { duration: '2s', shift: '-90s', percent: '30', action: 'dsql:DbConnect', part: '*' };

function field(p) {
  const id = `parameter-${p.name}`;
  const input = p.kind === 'region'
    ? h('select', { id, name: p.name }, regions.map((r) => h('option', { value: r.role }, `${r.role} (${r.name})`)))
    : h('input', { id, name: p.name, type: 'text', value: p.default, required: true, placeholder: examples[p.kind], autocomplete: 'off', spellcheck: 'false' });
  return h('div', { class: 'field' }, h('label', { for: id }, p.name, h('span', { class: 'minor' }, ` ${p.description}`)), input);
}

choice.addEventListener('change', showChoice);

find('.inject', panel).addEventListener('submit', (event) => {
  event.preventDefault();
  const parameters = Object.fromEntries(new FormData(event.currentTarget));
  during(event.submitter, () => post('/faults', { name: choice.value, with: parameters }));
});

find('.undo-all', panel).addEventListener('click', (e) => during(e.currentTarget, () => post('/faults/undo-all')));
