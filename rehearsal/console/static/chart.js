import uPlot from './vendor/uplot/uPlot.esm.js';
import { h } from './dom.js';
import { amount } from './format.js';

// Lines differ in colour and in dashes.
const dashes = [[], [6, 3], [2, 3], [10, 3, 2, 3], [4, 2, 1, 2], [12, 4]];
const dark = matchMedia('(prefers-color-scheme: dark)');
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const unpublished = 'not published by the sandbox';
const neverComes = (line) => line.unpublished === true;

/** A metric widget: a chart and a legend with the latest values, or those under the pointer. */
export class Chart {
  constructor(widget) {
    this.widget = widget;
    this.plot = h('div', { class: 'plot' });
    this.note = h('p', { class: 'note' });
    this.values = widget.chart.lines.map(() => h('span', { class: 'value' }, '–'));
    this.element = h('div', { class: 'chart' }, this.plot, this.note,
      h('ul', { class: 'legend' }, widget.chart.lines.map((l, i) => h('li', {}, h('span', { class: `swatch line-${i % dashes.length}`, 'aria-hidden': 'true' }), `${l.label} `, this.values[i]))));
    this.redraw = () => this.draw();
    dark.addEventListener('change', this.redraw);
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this.plot);
  }

  close() {
    dark.removeEventListener('change', this.redraw);
    this.resize.disconnect();
    this.uplot?.destroy();
  }

  show(data) {
    this.data = data;
    this.note.textContent = data.problem ?? (data.times.length > 0 ? '' : this.widget.chart.lines.every(neverComes) ? unpublished : 'no data yet');
    this.note.dataset.tone = data.problem ? 'bad' : 'quiet';
    this.showValues();
    if (!this.uplot) return this.draw();
    this.uplot.setData([data.times, ...data.values], false);
    this.uplot.setScale('x', { min: data.from, max: data.to });
  }

  // showValues shows each line's value at an index of the times, or else its latest.
  showValues(index) {
    const unit = this.widget.chart.label ? ` ${this.widget.chart.label}` : '';
    this.data.values.forEach((line, i) => {
      const value = index === undefined || index === null ? line.findLast((v) => v !== null) : line[index];
      const none = value === undefined || value === null;
      const text = none && neverComes(this.widget.chart.lines[i]) ? unpublished : amount(value) + (none ? '' : unit);
      if (this.values[i].textContent !== text) this.values[i].textContent = text;
    });
  }

  fit() {
    if (!this.data) return;
    if (!this.uplot) return this.draw();
    this.uplot.setSize({ width: this.plot.clientWidth, height: this.plot.clientHeight });
  }

  draw() {
    if (!this.data || this.plot.clientWidth === 0) return;
    this.uplot?.destroy();
    this.uplot = new uPlot(this.options(), [this.data.times, ...this.data.values], this.plot);
  }

  options() {
    const { chart } = this.widget;
    const axis = { stroke: style('--minor'), font: '11px system-ui, sans-serif', grid: { stroke: style('--grid'), width: 1 }, ticks: { show: false } };
    const range = (_, low, high) => {
      const min = chart.min ?? Math.min(0, low ?? 0);
      const top = chart.max ?? (high ?? 0);
      return [min, chart.max ?? (top <= min ? min + 1 : min + (top - min) * 1.12)];
    };
    return {
      width: this.plot.clientWidth, height: this.plot.clientHeight, padding: [8, 8, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'dashboard' } },
      scales: { x: { range: () => [this.data.from, this.data.to] }, y: { range } },
      axes: [
        { ...axis, size: 24, space: 64, values: (_, splits) => splits.map((s) => new Date(s * 1000).toISOString().slice(11, 16)) },
        { ...axis, size: 44, space: 32, values: (_, splits) => splits.map(amount) },
      ],
      series: [{}, ...chart.lines.map((l, i) => ({ label: l.label, width: 1.6, stroke: style(`--line-${i % dashes.length}`), dash: dashes[i % dashes.length], points: { size: 5 } }))],
      hooks: { setCursor: [(u) => this.showValues(u.cursor.idx)] },
    };
  }
}
