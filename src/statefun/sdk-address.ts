/**
 * An address as StateFun's JavaScript SDK shows it to programs. Between its parts and the engine's own `Address` there is
 * only the spelling.
 */
import type { Address as EngineAddress } from '../sdk/address.ts';
import { invalidId } from '../sdk/address.ts';
import { parseTypeName } from './type.ts';

export class Address {
  readonly namespace: string;
  readonly name: string;
  readonly id: string;
  /** `namespace/name`. */
  readonly typename: string;

  constructor(namespace: string, name: string, id: string, typename: string) {
    this.namespace = namespace;
    this.name = name;
    this.id = id;
    this.typename = typename;
  }

  static fromParts(namespace: string, name: string, id: string): Address {
    return new Address(namespace, name, id, `${namespace}/${name}`);
  }

  /** @throws MillraceError `INVALID_ID` or `INVALID_TYPE_NAME` */
  static fromTypeNameId(typename: string, id: string): Address {
    if (typeof id !== 'string' || id === '') throw invalidId(id);
    const { namespace, name } = parseTypeName(typename);
    return new Address(namespace, name, id, typename);
  }
}

export function sdkAddress({ type, id }: EngineAddress): Address {
  const slash = type.lastIndexOf('/');
  return new Address(type.slice(0, slash), type.slice(slash + 1), id, type);
}

export function engineAddress({ namespace, name, id }: Address): EngineAddress {
  return { type: `${namespace}/${name}`, id };
}
