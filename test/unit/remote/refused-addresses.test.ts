import { expect, test } from 'vitest';
import { fillEndpoint } from '../../../src/remote/endpoint-options.ts';
import { AddressGuard } from '../../../src/remote/refused-addresses.ts';

const REFUSED_URLS = [
  'http://169.254.169.254/',
  'https://169.254.169.254/latest/meta-data/',
  'http://169.254.169.254:8080/',
  'http://kim:secret@169.254.169.254/',
  'http://h@169.254.169.254/',
  'http://169.254.0.1/',
  'http://169.254.255.255/',
  'http://169.254.170.2/',
  'http://169.254.169.254./',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0xA9.0xFE.0xA9.0xFE/',
  'http://0251.0376.0251.0376/',
  'http://0251.254.0xa9.254/',
  'http://169.254.43518/',
  'http://169.16689662/',
  'http://025177524776/',
  'http://000000251.376.0251.00000376/'.replace('376', '0376'),
  'http://１６９.２５４.１６９.２５４/',
  'http://169。254。169。254/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[0:0:0:0:0:ffff:a9fe:a9fe]/',
  'http://[0000:0000:0000:0000:0000:FFFF:A9FE:A9FE]/',
  'http://[::169.254.169.254]/',
  'http://[::a9fe:a9fe]/',
  'http://[::ffff:0:169.254.169.254]/',
  'http://[64:ff9b::169.254.169.254]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[2002:a9fe:a9fe::]/',
  'http://[2002:a9fe:a9fe::1]:8080/x',
  'http://[fe80::1]/',
  'http://[fe80:0:0:0:0:0:0:1]/',
  'http://[febf::1]/',
  'http://[FE80::A9FE:A9FE]/',
  'http://[fd00:ec2::254]/',
  'http://[fd00:0ec2:0:0:0:0:0:0254]/',
  'http://[fd20:ce::254]/',
  'http://100.100.100.200/',
  'http://0x646464c8/',
  'http://[::ffff:100.100.100.200]/',
  'http://192.0.0.192/',
  'http://3221225664/',
  'http://metadata.google.internal/',
  'http://METADATA.Google.Internal/',
  'http://metadata.google.internal./',
  'http://metadata/computeMetadata/v1/',
  'http://metadata.goog/',
  'http://instance-data/',
  'http://instance-data.ec2.internal/',
  'http://m%65tadata.google.internal/',
  'http://1%369.254.169.254/',
];

const REACHED_URLS = [
  'http://127.0.0.1/',
  'http://localhost:8000/',
  'http://[::1]/',
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://192.168.1.1/',
  'http://[fd00::1]/',
  'http://169.253.169.254/',
  'http://169.255.0.1/',
  'http://100.100.100.201/',
  'http://[fec0::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://metadata.example/',
  'http://my-instance-data/',
  'http+unix:///run/metadata.sock',
];

test('there are at least 40 spellings', () => expect(new Set(REFUSED_URLS).size).toBeGreaterThanOrEqual(40));

test.each(REFUSED_URLS)('refused: %s', (url) => {
  expect(() => fillEndpoint({ url })).toThrow(
    expect.objectContaining({ code: 'INVALID_DEFINITION', message: expect.stringContaining('allow') as string }),
  );
  const { hostname } = new URL(url);
  expect(fillEndpoint({ url, allow: [hostname] }).url.targetOf('x').origin).toBe(new URL(url).origin);
});

test.each(REACHED_URLS)('not refused: %s', (url) => {
  expect(fillEndpoint({ url }).url.name).not.toBe('');
});

test('what a name resolves to is judged, too', () => {
  const guard = new AddressGuard([]);
  for (const address of ['169.254.169.254', '::ffff:169.254.1.1', 'fe80::1%eth0', 'FE80::1', '64:ff9b::6464:64c8']) {
    expect([address, guard.mayBeAt('innocent.example', address)]).toEqual([address, false]);
  }
  for (const address of ['127.0.0.1', '::1', '203.0.113.7', '2001:db8::1']) {
    expect([address, guard.mayBeAt('innocent.example', address)]).toEqual([address, true]);
  }
});

test('allowing a name allows its addresses, and allowing an address allows names that have it', () => {
  expect(new AddressGuard(['Metadata.']).mayBeAt('metadata', '169.254.169.254')).toBe(true);
  expect(new AddressGuard(['169.254.169.254']).mayBeAt('any.example', '169.254.169.254')).toBe(true);
  expect(new AddressGuard(['169.254.169.254']).mayBeAt('any.example', '169.254.169.253')).toBe(false);
  expect(new AddressGuard(['fd00:0ec2:0::254']).mayReach('[fd00:ec2::254]')).toBe(true);
});
