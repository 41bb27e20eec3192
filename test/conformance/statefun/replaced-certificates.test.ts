/** Certificates that are replaced while the engine runs, and what a server does that refuses one. */
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { NO_EFFECTS } from '../../../src/statefun/protocol.ts';
import { EMPTY_200 } from '../../unit/remote/raw-response.ts';
import { caller, rawServer, scratchFolder } from '../../unit/remote/raw-server.ts';

const certificate = (name: string): string => join(import.meta.dirname, '../../unit/remote/certificates', name);
const readText = async (name: string): Promise<string> => await readFile(certificate(name), 'utf8');

test('#43 a certificate that is refused is read again when there is another, and so is one that is replaced', async () => {
  const tls = {
    key: await readText('server-key.pem'),
    cert: await readText('server.pem'),
    ca: await readText('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true,
  };
  const shown: unknown[] = [];
  const server = await rawServer(
    (_request, socket) => {
      shown.push((socket as TLSSocket).getPeerCertificate().serialNumber);
      socket.write(EMPTY_200);
    },
    { tls },
  );
  const folder = scratchFolder();
  const [clientCertificateFile, clientKeyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const put = async (name: string, key: string): Promise<void> => {
    await copyFile(certificate(name), clientCertificateFile);
    await copyFile(certificate(key), clientKeyFile);
  };
  await put('other-client.pem', 'other-client-key.pem');
  const at = caller({
    url: `https://localhost:${server.port}/`,
    tls: { trustedCaFile: certificate('ca.pem'), clientCertificateFile, clientKeyFile },
    breaker: { probeAfterMax: 100 },
    connectionAgeMax: 1,
  });
  const called = at.call();
  await expect.poll(() => at.reports.map(({ code }) => code)).toEqual(['ENDPOINT_UNREACHABLE']);
  // It has been read again since, and is refused still; the next one is noticed all the same.
  await expect.poll(() => at.status().attemptCount).toBeGreaterThan(7);
  await put('client.pem', 'client-key.pem');
  expect(await called).toEqual(NO_EFFECTS);
  await put('server.pem', 'server-key.pem');
  await expect
    .poll(async () => {
      expect(await at.call()).toEqual(NO_EFFECTS);
      return new Set(shown).size;
    })
    .toBe(2);
  expect(at.reports.length).toBe(1);
});
