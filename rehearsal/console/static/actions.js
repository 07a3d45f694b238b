import { find, h } from './dom.js';

const meta = find('meta[name="console-token"]');

/** Shows an error until it is closed; one that is still shown is not repeated. */
export function complain(message) {
  if ([...find('#toasts').children].some((shown) => find('span', shown).textContent === message)) return;
  const toast = h('p', { class: 'toast' }, h('span', {}, message),
    h('button', { type: 'button', 'aria-label': 'Close this message', onclick: () => toast.remove() }, 'Close'));
  find('#toasts').append(toast);
}

/** Asks the server to change something; says why if it does not. */
export async function post(path, body = {}) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', [meta.dataset.header]: meta.content },
      body: JSON.stringify(body),
    });
    if (!response.ok) complain((await response.json()).error);
    return response.ok;
  } catch {
    complain('The sandbox does not answer. Is it still running?');
    return false;
  }
}

/** Calls an action with its control disabled until it is done; the focus stays. */
export async function during(control, action) {
  if (control.getAttribute('aria-disabled') === 'true') return;
  control.setAttribute('aria-disabled', 'true');
  await action();
  control.removeAttribute('aria-disabled');
}
