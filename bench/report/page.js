/*
 * Draws the plots of the report from the data in it, to the width that there is, anew when that changes. Each plot can be
 * read with the mouse, with a finger, and with the keyboard: focus it, then use the arrow keys; what is under the cursor
 * is said in the line below it. Series are switched off and on in the legend.
 */
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const NS = 'http://www.w3.org/2000/svg';
  const COLOURS = 8;
  const DASHES = ['', '7 3', '2 3', '8 3 2 3', '12 3', '4 2', '1 2', '6 2 1 2'];
  const number = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });
  const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

  // -- colours

  const root = document.documentElement;
  const themeButton = document.getElementById('theme');
  const themes = ['', 'light', 'dark'];
  const themeNames = { '': 'as the system has them', light: 'light', dark: 'dark' };
  const themeSigns = { '': '◐', light: '☀', dark: '☾' };
  let theme = '';
  try { theme = localStorage.getItem('millrace-theme') ?? ''; } catch { /* A file may have no storage. */ }
  const showTheme = () => {
    if (theme === '') delete root.dataset.theme;
    else root.dataset.theme = theme;
    themeButton.textContent = themeSigns[theme] ?? '◐';
    themeButton.setAttribute('aria-label', `Colours: ${themeNames[theme]}`);
    themeButton.title = themeButton.getAttribute('aria-label');
  };
  if (!themes.includes(theme)) theme = '';
  showTheme();
  themeButton.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    try { localStorage.setItem('millrace-theme', theme); } catch { /* Then it holds until the file is opened again. */ }
    showTheme();
  });

  // -- making things

  function element(name, attributes = {}, ...children) {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  function html(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  const colour = (index) => `var(--s${index % COLOURS})`;

  /** 12 µs, 3.4 ms, 1.2 s */
  function time(us) {
    if (us >= 1e6) return `${number.format(us / 1e6)} s`;
    if (us >= 1e3) return `${number.format(us / 1e3)} ms`;
    return us >= 1 || us === 0 ? `${number.format(us)} µs` : `${number.format(us * 1e3)} ns`;
  }

  // -- scales: from a value to a share of the way

  function linear(min, max) {
    const span = max - min || 1;
    return { at: (value) => (value - min) / span, ticks: (count) => linearTicks(min, max, count) };
  }
  function linearTicks(min, max, count) {
    const raw = (max - min || 1) / count;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= raw);
    const ticks = [];
    for (let at = Math.ceil(min / step - 1e-9) + 0; at * step <= max * (1 + 1e-9); at++) ticks.push(at * step);
    return ticks;
  }
  function logarithmic(min, max) {
    const low = Math.log10(min);
    const span = Math.log10(max) - low || 1;
    return {
      at: (value) => (Math.log10(Math.max(value, min)) - low) / span,
      ticks(count) {
        const factors = span * 3 <= count ? [1, 2, 5] : [1];
        const every = Math.max(1, Math.ceil((span * factors.length) / Math.max(count, 1)));
        const ticks = [];
        for (let power = Math.floor(low); power <= Math.ceil(low + span); power++) {
          if (factors.length === 1 && (power - Math.floor(low)) % every !== 0) continue;
          for (const factor of factors) {
            const value = factor * 10 ** power;
            if (value >= min * 0.999 && value <= max * 1.001) ticks.push(value);
          }
        }
        return ticks;
      },
    };
  }
  /** Bounds of a logarithmic axis, with some air. */
  function decades(values) {
    const positive = values.filter((value) => value > 0);
    const low = Math.min(...positive, Number.MAX_VALUE);
    const high = Math.max(...positive, Number.MIN_VALUE);
    if (positive.length === 0) return [1, 10];
    const round = (value, up) => {
      const power = 10 ** Math.floor(Math.log10(value));
      const steps = [1, 2, 5, 10].map((factor) => factor * power);
      return up ? steps.find((step) => step >= value * 0.9999) : steps.findLast((step) => step <= value * 1.0001);
    };
    const [from, to] = [round(low, false), round(high, true)];
    return from === to ? [from / 2, to * 2] : [from, to];
  }

  // -- one plot of lines; `x` and `y` are scales, `series` has `points` of { x, y, low?, high?, text }

  const plots = [];

  function linePlot(figure, { label, series, x, y, xTicks, xText, yText, yTitle, xTitle, diagonal, markers }) {
    const hidden = new Set();
    const reading = html('p', { class: 'reading', 'aria-live': 'polite' });
    const holder = html('div');
    const legend = html('ul', { class: 'legend' });
    series.forEach((line, index) => {
      const swatch = element('svg', { viewBox: '0 0 22 12', 'aria-hidden': 'true' },
        element('line', { x1: 0, x2: 22, y1: 6, y2: 6, stroke: colour(line.colour), 'stroke-width': 2.5, 'stroke-dasharray': line.dash }));
      const button = html('button', { type: 'button', 'aria-pressed': 'true' }, swatch, line.name);
      button.addEventListener('click', () => {
        if (hidden.has(index)) hidden.delete(index);
        else hidden.add(index);
        button.setAttribute('aria-pressed', String(!hidden.has(index)));
        draw();
      });
      if (series.length > 1) legend.append(html('li', {}, button));
    });
    figure.append(holder, legend, reading);
    const stops = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))].toSorted((a, b) => a - b);
    let cursor = -1;

    function say() {
      if (cursor < 0) {
        reading.replaceChildren('Point at the plot, or focus it and use the arrow keys.');
        return;
      }
      const at = stops[cursor];
      const parts = [html('b', {}, xText(at, true))];
      series.forEach(({ name, points }, index) => {
        if (hidden.has(index)) return;
        const point = points.find((each) => each.x === at);
        if (point !== undefined) parts.push(` · ${series.length > 1 ? `${name} ` : ''}`, html('b', {}, point.text ?? yText(point.y)));
      });
      reading.replaceChildren(...parts);
    }

    function draw() {
      const width = Math.max(240, Math.floor(figure.clientWidth));
      const height = Math.round(Math.min(320, Math.max(220, width * 0.55)));
      const yTicks = y.ticks(Math.floor(height / 42));
      const left = 12 + Math.max(...yTicks.map((tick) => yText(tick).length), 3) * 6.6;
      const box = { left, top: 22, right: width - 14, bottom: height - 38 };
      const px = (value) => box.left + x.at(value) * (box.right - box.left);
      const py = (value) => box.bottom - y.at(value) * (box.bottom - box.top);
      const svg = element('svg', {
        viewBox: `0 0 ${width} ${height}`, height, role: 'img', tabindex: 0,
        'aria-label': `${label}. ${series.length} line${series.length === 1 ? '' : 's'}. Arrow keys read the values.`,
      });
      for (const tick of yTicks) {
        svg.append(element('line', { x1: box.left, x2: box.right, y1: py(tick), y2: py(tick), stroke: 'var(--grid)' }),
          element('text', { x: box.left - 6, y: py(tick) + 4, 'text-anchor': 'end' }, yText(tick)));
      }
      svg.append(element('text', { x: 0, y: 11 }, yTitle));
      let lastEnd = -Infinity;
      for (const tick of xTicks(Math.floor((box.right - box.left) / 70))) {
        const text = xText(tick, false);
        const half = text.length * 3.3;
        const at = px(tick);
        svg.append(element('line', { x1: at, x2: at, y1: box.top, y2: box.bottom, stroke: 'var(--grid)' }));
        if (at - half < lastEnd + 6) continue;
        const anchor = at + half > width ? 'end' : 'middle';
        lastEnd = at + (anchor === 'end' ? 0 : half);
        svg.append(element('text', { x: anchor === 'end' ? width - 1 : at, y: box.bottom + 16, 'text-anchor': anchor }, text));
      }
      svg.append(element('text', { x: box.right, y: height - 5, 'text-anchor': 'end' }, xTitle));
      if (diagonal !== undefined) {
        const [from, to] = diagonal;
        svg.append(element('line', { x1: px(from), y1: py(from), x2: px(to), y2: py(to), stroke: 'var(--soft)', 'stroke-dasharray': '3 4' }));
      }
      series.forEach(({ points, colour: of, dash }, index) => {
        if (hidden.has(index) || points.length === 0) return;
        const stroke = colour(of);
        const path = points.map((point, at) => `${at === 0 ? 'M' : 'L'}${px(point.x).toFixed(1)} ${py(point.y).toFixed(1)}`).join('');
        svg.append(element('path', { d: path, fill: 'none', stroke, 'stroke-width': 2.2, 'stroke-linejoin': 'round', 'stroke-dasharray': dash }));
        for (const point of points) {
          if (point.low !== undefined) {
            svg.append(element('line', { x1: px(point.x), x2: px(point.x), y1: py(point.low), y2: py(point.high), stroke, 'stroke-width': 1.5, opacity: .6 }));
          }
          if (markers) {
            svg.append(element('circle', { cx: px(point.x), cy: py(point.y), r: 3.6, fill: point.hollow ? 'var(--card)' : stroke, stroke, 'stroke-width': 1.6 }));
          }
        }
      });
      const rule = element('g', { 'pointer-events': 'none' });
      svg.append(rule);
      const showCursor = () => {
        rule.replaceChildren();
        if (cursor >= 0) {
          const at = px(stops[cursor]);
          rule.append(element('line', { x1: at, x2: at, y1: box.top, y2: box.bottom, stroke: 'var(--ink)', opacity: .5 }));
          series.forEach(({ points, colour: of }, index) => {
            const point = points.find((each) => each.x === stops[cursor]);
            if (point === undefined || hidden.has(index)) return;
            rule.append(element('circle', { cx: at, cy: py(point.y), r: 5, fill: colour(of), stroke: 'var(--card)', 'stroke-width': 2 }));
          });
        }
        say();
      };
      svg.addEventListener('pointermove', (event) => {
        const bounds = svg.getBoundingClientRect();
        const at = ((event.clientX - bounds.left) / bounds.width) * width;
        cursor = stops.reduce((best, stop, index) => (Math.abs(px(stop) - at) < Math.abs(px(stops[best]) - at) ? index : best), 0);
        showCursor();
      });
      svg.addEventListener('pointerleave', () => {
        if (document.activeElement === svg) return;
        cursor = -1;
        showCursor();
      });
      svg.addEventListener('keydown', (event) => {
        const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -stops.length, End: stops.length, PageUp: -5, PageDown: 5 };
        if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        cursor = Math.min(stops.length - 1, Math.max(0, cursor + steps[event.key]));
        showCursor();
      });
      const hadFocus = holder.contains(document.activeElement);
      holder.replaceChildren(svg);
      if (hadFocus) svg.focus();
      showCursor();
    }
    plots.push({ figure, draw });
  }

  // -- contenders side by side: bars from zero, or points on a logarithmic axis where bars would vanish

  function rivalsPlot(figure, benchmark) {
    const { rows, unit, name } = benchmark;
    const values = rows.map(({ value }) => value.median);
    const isLogarithmic = Math.max(...values) / Math.min(...values) > 25;
    const bounds = rows.flatMap(({ value }) => [value.min, value.max]);
    const x = isLogarithmic ? logarithmic(...decades(bounds)) : linear(0, Math.max(...bounds) * 1.02);
    figure.append(html('div'), html('p', { class: 'reading' },
      `${benchmark.isLessBetter ? 'Less' : 'More'} is better. Lines from the worst to the best round.${isLogarithmic ? ' Logarithmic.' : ''}`));
    function draw() {
      const width = Math.max(240, Math.floor(figure.clientWidth));
      const rowHeight = 44;
      const height = rows.length * rowHeight + 26;
      const right = width - 70;
      const px = (value) => 2 + x.at(value) * (right - 2);
      const svg = element('svg', { viewBox: `0 0 ${width} ${height}`, height, role: 'img',
        'aria-label': `${name}: ${rows.map(({ contender, value }) => `${contender} ${number.format(value.median)}`).join(', ')} ${unit}` });
      const ticks = x.ticks(Math.floor(right / 80));
      for (const tick of ticks) {
        svg.append(element('line', { x1: px(tick), x2: px(tick), y1: 0, y2: height - 20, stroke: 'var(--grid)' }),
          element('text', { x: px(tick), y: height - 4, 'text-anchor': tick === ticks[0] ? 'start' : 'middle' }, short.format(tick)));
      }
      rows.forEach(({ contender, value }, index) => {
        const top = index * rowHeight + 4;
        const middle = top + 27;
        const fill = colour(index === 0 ? 0 : 5);
        svg.append(element('text', { x: 2, y: top + 12, class: 'strong', 'font-weight': index === 0 ? 700 : 400 }, contender));
        if (!isLogarithmic) svg.append(element('rect', { x: 2, y: middle - 7, width: Math.max(1, px(value.median) - 2), height: 14, rx: 2, fill, opacity: index === 0 ? 1 : .75 }));
        svg.append(element('line', { x1: px(value.min), x2: px(value.max), y1: middle, y2: middle, stroke: isLogarithmic ? fill : 'var(--ink)', 'stroke-width': isLogarithmic ? 3 : 1.5 }));
        for (const end of [value.min, value.max]) svg.append(element('line', { x1: px(end), x2: px(end), y1: middle - 4, y2: middle + 4, stroke: isLogarithmic ? fill : 'var(--ink)', 'stroke-width': 1.5 }));
        if (isLogarithmic) svg.append(element('circle', { cx: px(value.median), cy: middle, r: 6, fill }));
        svg.append(element('text', { x: Math.max(px(value.max), px(value.median)) + 8, y: middle + 4, class: 'strong' }, short.format(value.median)));
      });
      figure.querySelector('div').replaceChildren(svg);
    }
    plots.push({ figure, draw });
  }

  // -- what each plot shows

  /** The axis of HDR plots: equal steps for each nine. */
  const nines = (percentage) => (percentage >= 100 ? Infinity : -Math.log10(1 - percentage / 100));
  const NINES = [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999, 99.99999];

  function latencyPlot(figure, { name, distributions }) {
    const contenders = [...new Set(distributions.map(({ contender }) => contender))];
    // The longest lies at the end of what can be told of so many events.
    const end = Math.max(1, ...distributions.map(({ count }) => Math.log10(Math.max(count, 10))));
    const all = distributions.flatMap(({ curve }) => curve.map(({ us }) => us));
    const stops = Array.from({ length: Math.round(end * 20) + 1 }, (_, index) => Math.min(index / 20, end));
    const series = distributions.map(({ contender, name: of, curve, count }, index) => {
      const last = Math.log10(Math.max(count, 10));
      const points = stops.filter((stop) => stop < last - 1e-9).map((stop) => ({ x: stop, y: valueAt(curve, stop) }));
      points.push({ x: last, y: curve.at(-1).us, text: `${time(curve.at(-1).us)} (longest)` });
      const title = contenders.length > 1 ? `${contender}${of === 'one at a time' ? '' : `, ${of}`}` : of;
      return { name: title, points, colour: index, dash: DASHES[index % DASHES.length] };
    });
    linePlot(figure, {
      label: `${name}: latency by percentile`, series,
      x: linear(0, end), y: logarithmic(...decades(all)),
      xTicks: () => NINES.map(nines).filter((at) => at <= end + 1e-9),
      xText: (at, isReading) => percentText(at, isReading), yText: time, yTitle: 'latency', xTitle: 'percentile',
    });
  }
  /** The value at so many nines: what that share of the events did not exceed. */
  function valueAt(curve, stop) {
    const found = curve.find(({ percentage }) => nines(percentage) >= stop - 1e-9);
    return (found ?? curve.at(-1)).us;
  }
  function percentText(at, isReading) {
    const percentage = 100 * (1 - 10 ** -at);
    const digits = Math.max(0, Math.ceil(at) - 1 + (isReading && at % 1 > 1e-9 ? 1 : 0));
    return `${Number(percentage.toFixed(Math.min(digits, 7)))} %`;
  }

  const loadsOf = ({ distributions }) => distributions.filter(({ offeredPerSecond }) => offeredPerSecond !== undefined);

  function loadPlot(figure, benchmark) {
    const loads = loadsOf(benchmark);
    const names = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'];
    const highest = Math.max(...loads.map(({ offeredPerSecond }) => offeredPerSecond));
    linePlot(figure, {
      label: `${benchmark.name}: latency over load`,
      series: names.map((of, index) => ({
        name: of, colour: index, dash: DASHES[index],
        points: loads.map(({ offeredPerSecond, percentiles }) => ({ x: offeredPerSecond, y: percentiles[of] })),
      })),
      x: linear(0, highest * 1.05), y: logarithmic(...decades(loads.flatMap(({ percentiles }) => names.map((of) => percentiles[of])))),
      xTicks: (count) => linearTicks(0, highest * 1.05, count),
      xText: (at, isReading) => (isReading ? `${number.format(at)}/s asked` : short.format(at)),
      yText: time, yTitle: 'latency', xTitle: 'asked for, events/s', markers: true,
    });
  }

  function throughputPlot(figure, benchmark) {
    const loads = loadsOf(benchmark);
    const highest = Math.max(...loads.flatMap(({ offeredPerSecond, achievedPerSecond }) => [offeredPerSecond, achievedPerSecond])) * 1.05;
    const points = loads.map(({ offeredPerSecond, achievedPerSecond }) => ({ x: offeredPerSecond, y: achievedPerSecond, text: `${number.format(achievedPerSecond)}/s came` }));
    linePlot(figure, {
      label: `${benchmark.name}: throughput over rate`, series: [{ name: 'came', colour: 0, dash: '', points }],
      x: linear(0, highest), y: linear(0, highest), xTicks: (count) => linearTicks(0, highest, count),
      xText: (at, isReading) => (isReading ? `${number.format(at)}/s asked` : short.format(at)),
      yText: (value) => short.format(value), yTitle: 'came, events/s', xTitle: 'asked for, events/s', diagonal: [0, highest], markers: true,
    });
  }

  function historyPlot(figure, { name, unit, history }) {
    const moments = [...new Set(history.flatMap(({ points }) => points.map(({ at }) => at)))].toSorted((a, b) => a.localeCompare(b));
    const commits = new Map(history.flatMap(({ points }) => points.map(({ at, commit, isDirty }) => [at, { commit, isDirty }])));
    const values = history.flatMap(({ points }) => points.flatMap(({ value }) => [value.min, value.max]));
    const isLogarithmic = Math.max(...values) / Math.min(...values) > 25;
    const nameOf = (at) => {
      const { commit, isDirty } = commits.get(moments[at]);
      return `${commit.slice(0, 7)}${isDirty ? '+' : ''}`;
    };
    linePlot(figure, {
      label: `${name}: over commits`,
      series: history.map(({ contender, points }, index) => ({
        name: contender, colour: index, dash: DASHES[index % DASHES.length],
        points: points.map(({ at, value, isDirty }) => ({
          x: moments.indexOf(at), y: value.median, low: value.min, high: value.max, hollow: isDirty,
          text: `${number.format(value.median)} (${number.format(value.min)} – ${number.format(value.max)})`,
        })),
      })),
      x: moments.length === 1 ? linear(-1, 1) : linear(0, moments.length - 1),
      y: isLogarithmic ? logarithmic(...decades(values)) : linear(0, Math.max(...values) * 1.05),
      xTicks: (count) => {
        const every = Math.max(1, Math.ceil(moments.length / Math.max(1, count)));
        return moments.map((_, index) => index).filter((index) => (moments.length - 1 - index) % every === 0);
      },
      xText: (at, isReading) => (isReading ? `${nameOf(at)}, ${moments[at].slice(0, 10)}` : nameOf(at)),
      yText: (value) => short.format(value), yTitle: unit, xTitle: 'commit; + with uncommitted changes', markers: true,
    });
  }

  const kinds = { rivals: rivalsPlot, latency: latencyPlot, load: loadPlot, throughput: throughputPlot, history: historyPlot };
  for (const figure of document.querySelectorAll('figure.plot')) {
    kinds[figure.dataset.plot](figure, data.benchmarks[Number(figure.dataset.benchmark)]);
  }
  for (const { draw } of plots) draw();
  let width = root.clientWidth;
  addEventListener('resize', () => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    for (const { draw } of plots) draw();
  });
  root.dataset.drawn = 'true';
})();
