import { complain } from './actions.js';
import { showAlarms } from './alarms.js';
import { showBackups } from './backups.js';
import { showAlarmStates, showCharts, showDashboards } from './dashboard.js';
import { find, hide } from './dom.js';
import { showFaults, showRegions } from './faults.js';
import { clockTime, tick } from './format.js';
import { showInbox } from './inbox.js';
import { addLines, clearLines, onChoice, showFunctions } from './logs.js';
import { showMap } from './map.js';
import { showName } from './name.js';
import { showRehearsals } from './rehearsals.js';
import { showStatus } from './status.js';
import { showTimeline } from './timeline.js';

// What to do with each section of the stream.
const sections = {
  page: ({ account, speed }) => { find('#facts').textContent = `account ${account}${speed === 1 ? '' : ` · time runs ×${speed}`}`; },
  clock: (now) => { latest = now; find('#clock').textContent = `${clockTime(now)} UTC`; tick(now); },
  map: (map) => { showMap(map); showRegions(map.regions); showStatus({ regions: map.regions.filter((r) => r.role !== 'witness') }); },
  name: showName,
  backups: showBackups,
  alarms: (alarms) => { showAlarms(alarms); showAlarmStates(alarms); showStatus({ alarms }); },
  inbox: (inbox) => { showInbox(inbox); showStatus({ inbox }); },
  timeline: showTimeline,
  faults: showFaults,
  rehearsals: showRehearsals,
  functions: showFunctions,
  dashboards: showDashboards,
  charts: showCharts,
  log: addLines,
};

const link = find('#link');
const retryAfter = 3000; // ms
let stream;
let latest; // when the latest data came, in the sandbox's time

/** Says that the page shows what was, or that it shows what is. */
function showStale(stale) {
  document.body.toggleAttribute('data-stale', stale);
  find('#stale').textContent = stale ? `The sandbox does not answer. What follows is as of ${clockTime(latest)} UTC.` : '';
  hide(find('#stale'), !stale);
}

function say(text, tone) {
  link.textContent = text;
  link.dataset.tone = tone;
}

/** Opens the stream, with the log of a function if one is named. */
function connect(followed = '') {
  stream?.close();
  const opened = new EventSource(`/events${followed ? `?function=${encodeURIComponent(followed)}` : ''}`);
  stream = opened;
  opened.onopen = () => { clearLines(); say('waiting for data', 'warning'); };
  opened.onerror = () => {
    say('connection lost, trying again', 'bad');
    showStale(latest !== undefined);
    if (opened.readyState === EventSource.CLOSED && stream === opened) setTimeout(() => connect(followed), retryAfter);
  };
  for (const [name, show] of Object.entries(sections)) {
    opened.addEventListener(name, (event) => {
      say('live', 'good');
      showStale(false);
      try {
        show(JSON.parse(event.data));
      } catch (error) {
        complain(`The section ${name} cannot be shown: ${error.message}`);
      }
    });
  }
}

onChoice(connect);
connect();
