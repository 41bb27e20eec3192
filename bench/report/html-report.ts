/**
 * The report: one HTML file that holds all it needs (style, script and data), asks no server for anything, and can be
 * read without its script: every number stands in a table. The script only draws the plots.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OURS } from '../harness/benchmark.ts';
import { PERCENTILE_NAMES } from '../harness/distributions.ts';
import { number, times } from '../harness/report.ts';
import {
  type ReportBenchmark,
  type ReportData,
  reportData,
  type ReportRow,
  type ReportSources,
} from './report-data.ts';

/** Nothing may be loaded from anywhere, whatever ends up in this file. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

export function writeHtmlReport(file: string, sources: ReportSources): void {
  writeFileSync(file, htmlReport(reportData(sources)));
}

export function htmlReport(data: ReportData): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Millrace benchmarks, ${escape(dayOf(data.at))}</title>
<style>
${source('page.css')}</style>
</head>
<body>
<a class="skip" href="#results">To the results</a>
${header(data)}
<main id="results">
${overview(data.benchmarks)}
${data.benchmarks.map(section).join('\n')}
</main>
<footer><p>Medians of all rounds with their whole spread. Ratios are taken round by round. How this is measured:
<code>bench/README.md</code>.</p></footer>
<script id="data" type="application/json">${jsonForScript(data)}</script>
<script>
${source('page.js')}</script>
</body>
</html>
`;
}

function header({ at, machine, warnings, version }: ReportData): string {
  const commit = `${version.commit.slice(0, 12)}${version.isDirty ? ' with uncommitted changes' : ''}`;
  return `<header class="top">
<div class="bar"><p class="brand">Millrace <span>benchmarks</span></p>
<button type="button" id="theme" aria-label="Colours: as the system has them">◐</button></div>
<h1>What was measured on ${escape(dayOf(at))}</h1>
<dl class="facts"><div><dt>Commit</dt><dd><code>${escape(commit)}</code></dd></div>
${machine
  .split('; ')
  .map((line, index) => `<div><dt>${index === 0 ? 'Machine' : 'System'}</dt><dd>${escape(line)}</dd></div>`)
  .join('\n')}</dl>
${warnings.map((warning) => `<p class="warning"><strong>Note:</strong> ${escape(warning)}</p>`).join('\n')}
</header>`;
}

function overview(benchmarks: readonly ReportBenchmark[]): string {
  const rows = benchmarks.map((benchmark) => {
    const [ours] = benchmark.rows;
    const verdicts = verdictsOf(benchmark);
    return `<tr><th scope="row"><a href="#${benchmark.id}">${escape(benchmark.name)}</a></th>
<td class="number">${number(ours.value.median)}</td><td>${escape(benchmark.unit)}</td><td>${chips(verdicts)}</td></tr>`;
  });
  return `<section class="overview" aria-labelledby="overview-title"><h2 id="overview-title">All at a glance</h2>
<div class="wide" tabindex="0" role="region" aria-label="All benchmarks"><table>
<thead><tr><th scope="col">Benchmark</th><th scope="col" class="number">Millrace</th><th scope="col">Unit</th>
<th scope="col">Figures</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></section>`;
}

function section(benchmark: ReportBenchmark, index: number): string {
  const { id, name, about, rows, limits, distributions, history } = benchmark;
  const loads = distributions.filter(({ offeredPerSecond }) => offeredPerSecond !== undefined);
  const plots = [
    rows.length > 1 ? plot('rivals', index, 'Side by side') : '',
    distributions.length > 0 ? plot('latency', index, 'Latency by percentile') : '',
    loads.length > 0 ? plot('load', index, 'Latency over load') : '',
    loads.length > 0 ? plot('throughput', index, 'Throughput over rate') : '',
    history.length > 0 ? plot('history', index, 'Over commits') : '',
  ];
  return `<section class="benchmark" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${escape(name)}</h2>
<p class="about">${escape(about)}</p>
${limits.length > 0 ? `<ul class="limits">${limits.map(limitItem).join('')}</ul>` : ''}
<div class="plots">${plots.join('')}</div>
${table(benchmark)}
${benchmark.skipped.map((reason) => `<p class="about">Skipped: ${escape(reason)}</p>`).join('')}
${distributions.length > 0 ? distributionTable(benchmark) : ''}
${history.length > 0 ? historyTable(benchmark) : ''}
</section>`;
}

function plot(kind: string, index: number, title: string): string {
  return `<figure class="plot" data-plot="${kind}" data-benchmark="${index}"><figcaption>${title}</figcaption></figure>`;
}

function table({ rows, unit, rounds }: ReportBenchmark): string {
  const hasFigures = rows.some(({ required }) => required !== '');
  const body = rows.map((row) => `<tr>${cellsOf(row, rows.length > 1, hasFigures)}</tr>`);
  return `<div class="wide" tabindex="0" role="region" aria-label="Values"><table><caption>${rounds} round${rounds === 1 ? '' : 's'}, ${escape(unit)}</caption>
<thead><tr><th scope="col">Contender</th><th scope="col" class="number">Median</th><th scope="col" class="number">Spread</th>
${rows.length > 1 ? '<th scope="col" class="number">Millrace ÷ it</th><th scope="col" class="number">Spread</th>' : ''}
${hasFigures ? '<th scope="col">Required</th>' : ''}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>
${namedTable(rows)}`;
}

function cellsOf(
  { contender, value, ratio, required, verdict }: ReportRow,
  hasRivals: boolean,
  hasFigures: boolean,
): string {
  const cells = [
    `<th scope="row"${contender === OURS ? ' class="ours"' : ''}>${escape(contender)}</th>`,
    numberCell(number(value.median)),
    numberCell(`${number(value.min)} – ${number(value.max)}`),
  ];
  if (hasRivals) {
    cells.push(
      numberCell(ratio === undefined ? '' : times(ratio.median)),
      numberCell(ratio === undefined ? '' : `${times(ratio.min)} – ${times(ratio.max)}`),
    );
  }
  if (hasFigures) cells.push(`<td>${escape(required)} ${verdict === '' ? '' : chip(verdict)}</td>`);
  return cells.join('');
}

function namedTable(rows: readonly ReportRow[]): string {
  const named = rows.flatMap(({ contender, named: values }) =>
    Object.entries(values).map(([name, value]) => ({ contender, name, value })),
  );
  if (named.length === 0) return '';
  const body = named.map(
    ({ contender, name, value }) =>
      `<tr><th scope="row">${escape(name)}</th><td>${escape(contender)}</td>${numberCell(number(value))}</tr>`,
  );
  return details('What else was measured', ['What', 'Contender', 'Median'], body, 2);
}

function distributionTable({ distributions }: ReportBenchmark): string {
  const body = distributions.map(({ contender, name, percentiles, count, offeredPerSecond, achievedPerSecond }) => {
    const rate = (value: number | undefined): string => numberCell(value === undefined ? '' : number(value));
    const cells = PERCENTILE_NAMES.map((of) => numberCell(number(percentiles[of])));
    return `<tr><th scope="row">${escape(`${contender}, ${name}`)}</th>${cells.join('')}${numberCell(count.toLocaleString('en-US'))}${rate(offeredPerSecond)}${rate(achievedPerSecond)}</tr>`;
  });
  const columns = ['Latency in µs', ...PERCENTILE_NAMES, 'Events', 'Asked/s', 'Came/s'];
  return details('Latencies in numbers', columns, body, 1);
}

function historyTable({ history }: ReportBenchmark): string {
  const body = history.flatMap(({ contender, points }) =>
    points.map(
      ({ at, commit, isDirty, value }) =>
        `<tr><th scope="row"><code>${escape(commit.slice(0, 9))}</code>${isDirty ? ' +' : ''}</th><td>${escape(dayOf(at))}</td>
<td>${escape(contender)}</td>${numberCell(number(value.median))}${numberCell(`${number(value.min)} – ${number(value.max)}`)}</tr>`,
    ),
  );
  return details('History in numbers', ['Commit', 'Day', 'Contender', 'Median', 'Spread'], body, 3);
}

/** The columns from `numbersFrom` on are numbers. */
function details(title: string, columns: readonly string[], body: readonly string[], numbersFrom: number): string {
  const heads = columns.map(
    (column, index) => `<th scope="col"${index >= numbersFrom ? ' class="number"' : ''}>${escape(column)}</th>`,
  );
  return `<details><summary>${title}</summary><div class="wide" tabindex="0" role="region" aria-label="${title}"><table>
<thead><tr>${heads.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table></div></details>`;
}

function numberCell(text: string): string {
  return `<td class="number">${escape(text)}</td>`;
}

function limitItem(limit: string): string {
  const verdict = /(reached|missed)$/.exec(limit)?.[1] ?? '';
  return `<li>${escape(limit.replace(/, (reached|missed)$/, ''))} ${chip(verdict)}</li>`;
}

function verdictsOf({ rows, limits }: ReportBenchmark): string[] {
  const ofLimits = limits.map((limit) => /(reached|missed)$/.exec(limit)?.[1] ?? '');
  return [...rows.map(({ verdict }) => verdict), ...ofLimits].filter((verdict) => verdict !== '');
}

function chips(verdicts: readonly string[]): string {
  const countOf = (wanted: string): number => verdicts.filter((verdict) => verdict === wanted).length;
  return ['reached', 'missed']
    .filter((verdict) => countOf(verdict) > 0)
    .map((verdict) => chip(verdict, `${countOf(verdict)} ${verdict}`))
    .join(' ');
}

function chip(verdict: string, text: string = verdict): string {
  return `<span class="chip ${escape(verdict)}">${escape(text)}</span>`;
}

function dayOf(at: string): string {
  return at.slice(0, 10);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Nothing in it can end the script element. */
function jsonForScript(data: ReportData): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function source(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}
