/**
 * The files of an endpoint's TLS: certificates and keys, read when its connections are first made in a thread, and again
 * when they have changed. Whatever
 * is wrong with them is said with the name of the file, and never with what it holds.
 */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { EndpointTls } from './endpoint-options.ts';

/** Throws an error that names the file if one cannot be read or used. */
export function readTls(files: EndpointTls): SecureContext | undefined {
  const { trustedCaFile, clientCertificateFile, clientKeyFile, clientKeyPasswordFile } = files;
  if (trustedCaFile === undefined && clientCertificateFile === undefined) return undefined;
  const ca = trustedCaFile === undefined ? undefined : readPem(trustedCaFile, 'CERTIFICATE');
  const cert = clientCertificateFile === undefined ? undefined : readPem(clientCertificateFile, 'CERTIFICATE');
  const key = clientKeyFile === undefined ? undefined : readPem(clientKeyFile, 'PRIVATE KEY');
  const passphrase =
    clientKeyPasswordFile === undefined ? undefined : readText(clientKeyPasswordFile).replace(/\r?\n$/, '');
  try {
    return createSecureContext({
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(passphrase !== undefined && { passphrase }),
    });
  } catch (error) {
    const names = [trustedCaFile, clientCertificateFile, clientKeyFile].filter((file) => file !== undefined);
    throw new Error(`TLS with ${names.join(', ')}: ${(error as Error).message}`, { cause: error });
  }
}

/** Another one when a file has changed, or what its name leads to. */
export function tlsStamp(files: EndpointTls): string {
  const names = Object.values(files) as readonly (string | undefined)[];
  return names.map((name) => (name === undefined ? '' : stampOf(name))).join(' ');
}

function stampOf(name: string): string {
  try {
    const { mtimeMs, ino, size } = statSync(name);
    return `${mtimeMs}:${ino}:${size}`;
  } catch {
    return 'none';
  }
}

/** Without this a file of something else would be taken for one that trusts nobody. */
function readPem(file: string, what: string): string {
  const text = readText(file);
  if (new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(text)) return text;
  throw new Error(`${file} holds no PEM ${what.toLowerCase()}`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}
