import { h, svg } from './dom.js';

// Shapes within a square of 16, so that nothing is told by colour alone.
const shapes = {
  good: 'M3.5 8.5l3 3 6-7',
  bad: 'M4 4l8 8M12 4l-8 8',
  warning: 'M8 3v6.5M8 12.2v.6',
  note: 'M8 7v5.5M8 3.6v.6',
  quiet: 'M4 8h8',
  unknown: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.8-1.1 1.6M8 12.4v.5',
  back: 'M12.5 8a4.5 4.5 0 1 1-1.6-3.4M12.6 2.6v3h-3',
};

/** What each state means, and its shape. */
export const states = {
  up: { tone: 'good', shape: 'good' },
  degraded: { tone: 'warning', shape: 'warning' },
  failing: { tone: 'warning', shape: 'warning' },
  suspected: { tone: 'warning', shape: 'warning' },
  recovering: { tone: 'note', shape: 'back' },
  lost: { tone: 'bad', shape: 'bad' },
  silent: { tone: 'quiet', shape: 'quiet' },
  unknown: { tone: 'quiet', shape: 'unknown' },
  OK: { tone: 'good', shape: 'good' },
  ALARM: { tone: 'bad', shape: 'bad' },
  INSUFFICIENT_DATA: { tone: 'quiet', shape: 'unknown' },
};

/** An alarm's state as of now: that of one that is not evaluated is unknown, whatever it was last. */
export const stateNow = (alarm) => (alarm.unknown ? 'unknown' : alarm.state);

export const shapePath = (shape, attributes) => svg('path', { d: shapes[shape], class: 'shape', ...attributes });

/** An icon; the word beside it says the same. */
export const icon = (shape) => svg('svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, shapePath(shape));

/** A state in a shape, a colour and a word; the title says why. */
export const state = (tone, shape, word, title) => h('span', { class: 'state', 'data-tone': tone, title }, icon(shape), word);
