/**
 * Where an endpoint is: a URL in which `{function.name}` stands for the name of the function that is called, without its
 * namespace. It is replaced as it is, as in StateFun, so each function may have its own path, host or socket. What people
 * get to see of a URL leaves out its credentials and its query, which may hold some.
 */
import { describe, MillraceError } from '../sdk/errors.ts';

/** Where the calls of one function go. */
export interface CallTarget {
  /** Scheme, host and port, or the socket: what has connections of its own. */
  readonly origin: string;
  /** Undefined for a socket. */
  readonly hostname: string | undefined;
  readonly socketPath: string | undefined;
  readonly isSecure: boolean;
  /** The header: the port is left out if it is 80 or 443, whatever the scheme (StateFun). */
  readonly host: string;
  /** What the request line says. */
  readonly path: string;
  readonly authorization: string | undefined;
}

const PLACEHOLDER = '{function.name}';
const SCHEME = /^(https?)(\+unix)?:\/\//i;
/** A name where it chooses who is called: nothing in it may end the host or the file name. */
const HOST_PART = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i;

/** Where the functions of an endpoint are. */
export interface EndpointPlaces {
  /** For people: no credentials, no query. */
  readonly name: string;
  /** Whether all functions are at one origin. */
  readonly isOneOrigin: boolean;
  /** Throws `INVALID_DEFINITION` if this function can be nowhere. */
  targetOf(functionName: string): CallTarget;
}

/** All functions behind one Unix socket, whatever its path is called: in a URL some paths would mean another. */
export class SocketPlaces implements EndpointPlaces {
  readonly name: string;
  readonly isOneOrigin = true;
  readonly #target: CallTarget;

  constructor(socketPath: string) {
    this.name = `http+unix://${socketPath}`;
    this.#target = socketTargetOf(socketPath, '/');
  }

  targetOf(): CallTarget {
    return this.#target;
  }
}

export class EndpointUrl implements EndpointPlaces {
  readonly name: string;
  readonly isOneOrigin: boolean;
  readonly #template: string;
  readonly #keepsFragment: boolean;

  /** Throws `INVALID_DEFINITION`. */
  constructor(template: unknown, keepsFragment: boolean) {
    if (typeof template !== 'string' || !SCHEME.test(template)) {
      throw invalid(`must begin with http://, https://, http+unix:// or https+unix://, not be ${shown(template)}`);
    }
    this.#template = template;
    this.#keepsFragment = keepsFragment;
    this.name = withoutSecrets(template);
    if (/[{}]/.test(template.replaceAll(PLACEHOLDER, ''))) {
      throw invalid(`${shown(template)} may hold {function.name} and no other braces`);
    }
    const target = this.targetOf('name');
    this.isOneOrigin = target.origin === this.targetOf('other').origin;
  }

  /** Throws `INVALID_DEFINITION` if no URL comes of it. */
  targetOf(functionName: string): CallTarget {
    const template = this.#template;
    const isUnix = SCHEME.exec(template)?.[2] !== undefined;
    const choosesHost = hasPlaceholder(isUnix ? socketPart(template) : hostPart(template));
    if (hasPlaceholder(template) && !mayStandIn(functionName, choosesHost)) {
      throw invalid(`the function name ${describe(functionName)} cannot stand in ${this.name}`);
    }
    const url = template.replaceAll(PLACEHOLDER, () => functionName);
    return isUnix ? this.#socketTarget(url) : this.#hostTarget(url);
  }

  #hostTarget(text: string): CallTarget {
    const url = URL.parse(text);
    if (url === null || url.hostname === '' || /[\s\\]/.test(text)) throw invalid(`${this.name} is no URL`);
    const { hostname, port, protocol, username, password } = url;
    return {
      origin: url.origin,
      hostname,
      socketPath: undefined,
      isSecure: protocol === 'https:',
      host: port === '' || port === '80' || port === '443' ? hostname : `${hostname}:${port}`,
      path: this.#pathOf(url),
      authorization: username === '' && password === '' ? undefined : basic(username, password),
    };
  }

  /** Plain HTTP inside, also for `https+unix`, as in StateFun. */
  #socketTarget(text: string): CallTarget {
    const socketPath = socketPart(text);
    const url = URL.parse(`http://localhost${text.replace(SCHEME, '').slice(socketPath.length)}`);
    if (!socketPath.startsWith('/') || !socketPath.endsWith('.sock') || url === null) {
      throw invalid(`${this.name} needs a path with a component that ends in .sock`);
    }
    return socketTargetOf(socketPath, this.#pathOf(url));
  }

  #pathOf({ pathname, search, hash }: URL): string {
    return `${pathname === '' ? '/' : pathname}${search}${this.#keepsFragment ? hash : ''}`;
  }
}

function socketTargetOf(socketPath: string, path: string): CallTarget {
  return {
    origin: `unix:${socketPath}`,
    hostname: undefined,
    socketPath,
    isSecure: false,
    host: 'localhost',
    path,
    authorization: undefined,
  };
}

/** The path up to the first component that ends in `.sock`; all of it if there is none. */
function socketPart(text: string): string {
  const [path = ''] = text.replace(SCHEME, '').split(/[?#]/, 1);
  return /^.*?\.sock(?=\/|$)/.exec(path)?.[0] ?? path;
}

function hostPart(text: string): string {
  return text.replace(SCHEME, '').split(/[/?#]/, 1)[0] ?? '';
}

function hasPlaceholder(text: string): boolean {
  return text.includes(PLACEHOLDER);
}

/** A name is replaced as it is, but must not lead to another path, let alone to another host. */
function mayStandIn(name: string, choosesHost: boolean): boolean {
  if (choosesHost) return HOST_PART.test(name);
  return !/[\s\\\p{Cc}]/u.test(name) && !/^(\.|%2e){1,2}$/i.test(name);
}

function basic(username: string, password: string): string {
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** For errors: a text that is no string at all is described by its type. */
function shown(template: unknown): string {
  return describe(typeof template === 'string' ? withoutSecrets(template) : template);
}

function withoutSecrets(template: string): string {
  const [, scheme = ''] = /^([a-z+]*:\/\/)/i.exec(template) ?? [];
  const rest = template.slice(scheme.length);
  // In what is no URL nobody can tell a password from a host; so nothing in front of the last @ is shown.
  const isUrl = URL.canParse(template.replaceAll(PLACEHOLDER, 'x'));
  const [shownRest = ''] = (isUrl ? rest : rest.slice(rest.lastIndexOf('@') + 1)).split(/[?#]/, 1);
  const host = hostPart(shownRest);
  return `${scheme}${host.slice(host.lastIndexOf('@') + 1)}${shownRest.slice(host.length)}`;
}

function invalid(what: string): MillraceError {
  return new MillraceError('INVALID_DEFINITION', `The URL of an endpoint: ${what}.`, { details: { reason: what } });
}
