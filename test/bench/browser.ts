/**
 * A real browser for tests of pages: whichever Chromium is installed, without a window, driven over its DevTools protocol
 * by the WebSocket that Node brings along. No package is needed for it; where there is no Chromium, `findBrowser` says so.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** The program; `MILLRACE_CHROMIUM` names another one. */
export function findBrowser(): string | undefined {
  const given = process.env['MILLRACE_CHROMIUM'];
  if (given !== undefined) return given;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), MAC].find((path) =>
    existsSync(path),
  );
}

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly isMobile: boolean;
  readonly colours: 'light' | 'dark';
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** One page in one browser. */
export class Browser {
  /** Messages of the page's console that are errors, and errors that nobody caught. */
  readonly errors: string[] = [];
  /** All that the page has asked for, by URL. */
  readonly requests: string[] = [];
  readonly #process: ChildProcess;
  readonly #profile: string;
  #socket: WebSocket | undefined;
  #session = '';
  #lastId = 0;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  readonly #events = new Map<string, () => void>();

  private constructor(program: string) {
    this.#profile = mkdtempSync(join(tmpdir(), 'millrace-browser-'));
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    const args = [...flags, '--remote-debugging-port=0', `--user-data-dir=${this.#profile}`, 'about:blank'];
    this.#process = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }

  static async start(program: string): Promise<Browser> {
    const browser = new Browser(program);
    await browser.#connect();
    return browser;
  }

  async #connect(): Promise<void> {
    const url = await this.#endpoint();
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#received(JSON.parse(data as string) as Reply));
    await once(socket, 'open');
    const { targetInfos } = await this.#call('Target.getTargets');
    const page = (targetInfos as { type: string; targetId: string }[]).find(({ type }) => type === 'page');
    const { sessionId } = await this.#call('Target.attachToTarget', { targetId: page?.targetId, flatten: true });
    this.#session = sessionId as string;
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await this.#call(`${domain}.enable`);
  }

  /** Chromium tells its address on the standard error. */
  async #endpoint(): Promise<string> {
    let text = '';
    for await (const piece of this.#process.stderr ?? []) {
      text += String(piece);
      const url = /listening on (ws:\/\/\S+)/.exec(text)?.[1];
      if (url !== undefined) return url;
    }
    throw new Error(`The browser did not start: ${text}`);
  }

  #received({ id, method, params = {}, ...reply }: Reply): void {
    if (id !== undefined) this.#waiting.get(id)?.(reply);
    if (method === undefined) return;
    if (method === 'Runtime.exceptionThrown') this.errors.push(JSON.stringify(params['exceptionDetails']));
    if (method === 'Log.entryAdded') {
      const { level, text } = params['entry'] as { level: string; text: string };
      if (level === 'error') this.errors.push(text);
    }
    if (method === 'Network.requestWillBeSent') this.requests.push((params['request'] as { url: string }).url);
    this.#events.get(method)?.();
  }

  async #call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
      const session = this.#session === '' ? {} : { sessionId: this.#session };
      this.#socket?.send(JSON.stringify({ id, method, params, ...session }));
    });
    this.#waiting.delete(id);
    if (reply.error !== undefined) throw new Error(`${method}: ${reply.error.message}`);
    return reply.result ?? {};
  }

  async show({ width, height, isMobile, colours }: Screen): Promise<void> {
    await this.#call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: isMobile });
    const features = [{ name: 'prefers-color-scheme', value: colours }];
    await this.#call('Emulation.setEmulatedMedia', { features });
  }

  /** Resolves when the page has loaded. */
  async open(url: URL): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      this.#events.set('Page.loadEventFired', resolve);
    });
    await this.#call('Page.navigate', { url: url.href });
    await loaded;
  }

  /** What an expression in the page comes to, as plain data. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const reply = await this.#call('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (reply['exceptionDetails'] !== undefined) throw new Error(JSON.stringify(reply['exceptionDetails']));
    return (reply['result'] as { value: Value }).value;
  }

  async press(key: string): Promise<void> {
    const keys: Readonly<Record<string, number>> = {
      Tab: 9,
      Enter: 13,
      ' ': 32,
      End: 35,
      ArrowLeft: 37,
      ArrowRight: 39,
    };
    const code = { key, code: key === ' ' ? 'Space' : key, windowsVirtualKeyCode: keys[key] };
    const text = key === 'Enter' ? '\r' : key === ' ' ? ' ' : undefined;
    await this.#call('Input.dispatchKeyEvent', { type: 'keyDown', ...code, ...(text === undefined ? {} : { text }) });
    await this.#call('Input.dispatchKeyEvent', { type: 'keyUp', ...code });
  }

  /** The whole page as PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.#call('Page.captureScreenshot', { format: 'png', captureBeyondViewport: false });
    return Buffer.from(data as string, 'base64');
  }

  async close(): Promise<void> {
    this.#socket?.close();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
