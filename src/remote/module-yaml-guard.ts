/**
 * Looks at the tokens of a YAML text before anybody makes a tree of them, since a parser that is handed a million
 * opening brackets takes all memory of its process. What is refused here is no module.yaml that a person would write.
 */

/** A longer file is refused unread, in bytes. */
export const YAML_BYTES_MAX: number = 1024 * 1024;
const TOKEN_COUNT_MAX = 100_000;
/** Brackets and braces within each other. */
const FLOW_DEPTH_MAX = 32;
/** Blocks are nested by indentation: so this bounds their depth, too. */
const INDENT_COLUMNS_MAX = 128;

/** The lexer puts this before the text of a plain or block scalar, this for a flow that breaks off, and this before a document. */
const BEFORE_SCALAR = '\u001f';
const FLOW_BROKEN = '\u0018';
const DOCUMENT = '\u0002';

/** Something that is refused, by line and column. */
export interface GuardRefusal {
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

class TokenGuard {
  #line = 1;
  #column = 1;
  #tokenCount = 0;
  #flowDepth = 0;
  #isScalar = false;

  /** Says why the text is refused at this token. */
  take(token: string): GuardRefusal | undefined {
    const what =
      ++this.#tokenCount > TOKEN_COUNT_MAX ? `it has more than ${TOKEN_COUNT_MAX} tokens` : this.#look(token);
    if (what !== undefined) return { line: this.#line, column: this.#column, what };
    if (token !== BEFORE_SCALAR && token !== FLOW_BROKEN && token !== DOCUMENT) this.#pass(token);
    return undefined;
  }

  #look(token: string): string | undefined {
    const isScalar = this.#isScalar;
    this.#isScalar = token === BEFORE_SCALAR;
    if (isScalar) return undefined;
    if (token === '[' || token === '{') {
      if (++this.#flowDepth > FLOW_DEPTH_MAX) return `it nests brackets more than ${FLOW_DEPTH_MAX} deep`;
    } else if (token === ']' || token === '}') {
      this.#flowDepth = Math.max(0, this.#flowDepth - 1);
    } else if (token === FLOW_BROKEN || token === DOCUMENT) {
      this.#flowDepth = 0;
    } else if (this.#flowDepth === 0 && this.#isDeep(token)) {
      return `it is indented by more than ${INDENT_COLUMNS_MAX} columns`;
    }
    return undefined;
  }

  #isDeep(token: string): boolean {
    if (token === '-' || token === '?') return this.#column > INDENT_COLUMNS_MAX;
    return this.#column === 1 && token.startsWith(' ') && token.length > INDENT_COLUMNS_MAX;
  }

  #pass(token: string): void {
    let newline = token.indexOf('\n');
    if (newline === -1) {
      this.#column += token.length;
      return;
    }
    let last = newline;
    for (; newline !== -1; newline = token.indexOf('\n', newline + 1)) {
      this.#line++;
      last = newline;
    }
    this.#column = token.length - last;
  }
}

/** Says why a text with these tokens is not to be parsed; the tokens are as the lexer gives them, one at a time. */
export function guardTokens(tokens: Iterable<string>): GuardRefusal | undefined {
  const guard = new TokenGuard();
  for (const token of tokens) {
    const refusal = guard.take(token);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
