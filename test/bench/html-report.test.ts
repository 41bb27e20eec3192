/**
 * The report with plots: a file that needs nothing but itself, holds every number without its script, and works in a
 * real browser: wide and narrow, light and dark, with the keyboard alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Benchmark, figuresOf, limitsOf, type Measurement } from '../../bench/harness/benchmark.ts';
import { type HistoryLine, historyLines } from '../../bench/harness/history.ts';
import { parseCommandLine } from '../../bench/harness/options.ts';
import type { BenchmarkRun } from '../../bench/harness/rounds.ts';
import { htmlReport } from '../../bench/report/html-report.ts';
import { reportData } from '../../bench/report/report-data.ts';
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { Browser, findBrowser } from './browser.ts';

const { options } = parseCommandLine(['--rounds', '3']);
const AT = new Date('2026-11-21T12:00:00Z');
const COMMITS = ['1111111aaaa', '2222222bbbb', '3333333cccc'];

function encoded(scale: number): string {
  const histogram = new LatencyHistogram();
  for (let index = 1; index <= 10_000; index++) histogram.record(scale * (1 + 20 * (index / 10_000) ** 30));
  const text = histogram.encode();
  histogram.destroy();
  return text;
}

function measured(value: number, loads: readonly number[] = []): Measurement {
  const distributions = loads.map((load) => ({
    name: `at ${load} %`,
    histogram: encoded(load),
    offeredPerSecond: load * 1_000,
    achievedPerSecond: load * 990,
  }));
  return { value, checksum: '0', expected: '0', named: { 'longest, µs': value * 7 }, distributions };
}

const benchmark: Benchmark = {
  name: 'flow & <script>',
  unit: 'µs',
  describe: () => 'what "it" does',
  figures: [{ rival: 'a rival </script>', atMost: 2 }],
  limits: [{ of: 'value', atMost: 5 }],
  contenders: () => [],
};

const run: BenchmarkRun = {
  benchmark,
  figures: figuresOf(benchmark, options),
  limits: limitsOf(benchmark, options),
  standings: [
    { contender: 'millrace', measurements: [10, 11, 12].map((value) => measured(value, [25, 50, 90])) },
    { contender: 'a rival </script>', measurements: [20, 22, 24].map((value) => measured(value)) },
  ],
};

const history = COMMITS.flatMap((commit, index) =>
  historyLines(
    run,
    { seconds: 2, rounds: 3, shards: 2 },
    { commit, isDirty: index === 1 },
    new Date(AT.getTime() + index * 1_000),
  ),
);
const other: HistoryLine = { ...history[0], machine: { ...history[0].machine, cores: 999 } };

const data = reportData({
  runs: [run],
  options,
  history: [other, ...history],
  machine: 'A processor, 2 cores; linux x64',
  warnings: ['the machine was busy'],
  version: { commit: COMMITS[0], isDirty: true },
  at: AT,
});
const page = htmlReport(data);

describe('the file', () => {
  test('shows history only where machine and settings are the same', () => {
    const [{ history: shown }] = data.benchmarks;
    expect(shown.map(({ contender }) => contender)).toEqual(['millrace', 'a rival </script>']);
    expect(shown[0].points.map(({ commit }) => commit)).toEqual(COMMITS);
  });

  test('holds every number in its tables, and whatever names say', () => {
    expect(page).toContain('<h2 id="flow-script-title">flow &amp; &lt;script&gt;</h2>');
    expect(page).toContain('>11.00</td>');
    expect(page).toContain('>10.00 – 12.00</td>');
    expect(page).toContain('>0.50</td>');
    expect(page).toContain('≤ 2 <span class="chip reached">reached</span>');
    expect(page).toContain('<span class="chip missed">missed</span>');
    expect(page).toContain('>77.00</td>');
    expect(page.match(/<\/script>/g)).toHaveLength(2);
  });

  test('asks for nothing from outside', () => {
    expect(page).toContain("default-src 'none'");
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|src=|@import|url\(/);
  });
});

const program = findBrowser();

const missing = program === undefined ? ' (not on the path; MILLRACE_CHROMIUM names another one)' : '';

describe.skipIf(program === undefined)(`in Chromium${missing}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-report-'));
  const file = join(folder, 'report.html');
  let browser: Browser;

  beforeAll(async () => {
    writeFileSync(file, page);
    browser = await Browser.start(program ?? '');
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(width: number, colours: 'light' | 'dark'): Promise<void> {
    await browser.show({ width, height: 800, isMobile: width < 600, colours });
    await browser.open(pathToFileURL(file));
  }

  test.each([
    [1280, 'light'],
    [390, 'dark'],
    [320, 'light'],
  ] as const)('draws all plots within %i pixels, in %s', async (width, colours) => {
    await open(width, colours);
    expect(await browser.evaluate('document.documentElement.dataset.drawn')).toBe('true');
    const kinds = `[...document.querySelectorAll('figure.plot')].filter((each) => each.querySelector('svg[role=img]') !== null).map((each) => each.dataset.plot)`;
    expect(await browser.evaluate(kinds)).toEqual(['rivals', 'latency', 'load', 'throughput', 'history']);
    const overhang = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await browser.evaluate(overhang)).toBe(0);
    // Text of plots is as large as on a desk, and within them.
    const texts = `[...document.querySelectorAll('figure svg[role=img]')].flatMap((svg) => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('text')].map((text) => text.getBoundingClientRect())
        .filter(({ left, right, height }) => left < box.left - 1 || right > box.right + 1 || height < 10);
    }).length`;
    expect(await browser.evaluate(texts)).toBe(0);
    const isDark = `getComputedStyle(document.body).backgroundColor === 'rgb(14, 19, 26)'`;
    expect(await browser.evaluate(isDark)).toBe(colours === 'dark');
    expect(browser.errors).toEqual([]);
    expect(new Set(browser.requests)).toEqual(new Set([pathToFileURL(file).href]));
  });

  test('plots are read with the keyboard', async () => {
    await open(1000, 'light');
    const svg = (kind: string): string => `document.querySelector('figure[data-plot=${kind}] svg[role=img]')`;
    const reading = (kind: string): Promise<string> =>
      browser.evaluate(`document.querySelector('figure[data-plot=${kind}] .reading').textContent`);
    await browser.evaluate(`${svg('latency')}.focus()`);
    await browser.press('ArrowRight');
    expect(await reading('latency')).toMatch(
      /^0 % · at 25 % 2[45]\.?\d* µs · at 50 % (?:49|50)\.?\d* µs · at 90 % (?:89|90)\.?\d* µs$/,
    );
    await browser.press('End');
    expect(await reading('latency')).toContain('(longest)');
    await browser.evaluate(`${svg('history')}.focus()`);
    await browser.press('End');
    expect(await reading('history')).toMatch(/^3333333, 2026-11-21 · millrace 11 \(10 – 12\) · a rival <\/script> 22/);
    await browser.press('ArrowLeft');
    expect(await reading('history')).toContain('2222222+');
    await browser.evaluate(`${svg('throughput')}.focus()`);
    await browser.press('End');
    expect(await reading('throughput')).toBe('90,000/s asked · 89,100/s came');
  });

  test('series go and come back, and colours change, by buttons', async () => {
    await open(1000, 'light');
    const lines = `document.querySelectorAll('figure[data-plot=load] svg[role=img] path').length`;
    expect(await browser.evaluate(lines)).toBe(6);
    await browser.evaluate(`document.querySelector('figure[data-plot=load] .legend button').focus()`);
    await browser.press('Enter');
    expect(await browser.evaluate(lines)).toBe(5);
    expect(await browser.evaluate('document.activeElement.getAttribute("aria-pressed")')).toBe('false');
    await browser.press('Enter');
    expect(await browser.evaluate(lines)).toBe(6);
    await browser.evaluate(`document.getElementById('theme').focus()`);
    await browser.press('Enter');
    await browser.press('Enter');
    expect(await browser.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    expect(await browser.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Colours: dark');
    expect(browser.errors).toEqual([]);
  });
});
