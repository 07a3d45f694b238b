import { h } from './dom.js';

const two = (n) => String(n).padStart(2, '0');

/** 14:03:07, in UTC as everything on the page. */
export function clockTime(time) {
  const t = new Date(time);
  return `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
}

/** 7.3 s, 1 min 12 s, 3 h 20 min, of seconds. */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export const plural = (n, noun) => `${n} ${noun}${n === 1 ? '' : 's'}`;

let now = Date.now();

/** The age of something, kept up to date by tick. */
export const age = (since) => h('span', { class: 'age', 'data-since': since }, ageText(since));

const ageText = (since) => {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  return seconds < 10 ? `${seconds} s` : duration(seconds);
};

/** Tells the sandbox's time. */
export function tick(time) {
  now = Date.parse(time);
  for (const element of document.querySelectorAll('.age')) {
    const text = ageText(element.dataset.since);
    if (element.textContent !== text) element.textContent = text;
  }
}

/** 0.25, 12.3, 1,234: a value of a metric. */
export function amount(value) {
  if (value === null || value === undefined) return '–';
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits });
}
