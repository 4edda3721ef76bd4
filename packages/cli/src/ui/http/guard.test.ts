import { expect, test } from 'vitest';
import { LONGEST_URL, refusalOf } from './guard.ts';

const asked = (over: { method?: string; url?: string; headers?: Record<string, string> } = {}) =>
  refusalOf(
    {
      method: over.method ?? 'GET',
      url: over.url ?? '/api/runs',
      headers: { host: '127.0.0.1:4000', ...over.headers },
    },
    4000,
  );

test.each(['127.0.0.1:4000', 'localhost:4000', '[::1]:4000', 'LOCALHOST:4000'])(
  'the server answers to its own address %s',
  (host) => {
    expect(asked({ headers: { host } })).toBeNull();
  },
);

test.each([
  ['a name that was made to point here', 'evil.example:4000'],
  ['another port', '127.0.0.1:4001'],
  ['no port', 'localhost'],
  ['an address of the network', '192.168.1.5:4000'],
  ['a name that begins like ours', 'localhost.evil.example:4000'],
  ['nothing', ''],
])('it does not answer to %s', (_what, host) => {
  expect(asked({ headers: { host } })?.status).toBe(403);
});

test('a request without a Host is refused', () => {
  expect(refusalOf({ method: 'GET', url: '/', headers: {} }, 4000)?.status).toBe(403);
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'get', ''])(
  'the method %s is refused: nothing here can be changed',
  (method) => {
    expect(asked({ method })?.status).toBe(405);
  },
);

test('reading is allowed', () => {
  expect(asked({ method: 'GET' })).toBeNull();
  expect(asked({ method: 'HEAD' })).toBeNull();
});

test.each([
  ['a page of elsewhere', { origin: 'https://evil.example' }],
  ['a sandboxed frame', { origin: 'null' }],
  ['a page of another port of this machine', { origin: 'http://localhost:3000' }],
  ['a page of ours behind TLS, which there is not', { origin: 'https://localhost:4000' }],
  ['a script on another site', { 'sec-fetch-site': 'cross-site' }],
  ['a script on a neighbour of the same host', { 'sec-fetch-site': 'same-site' }],
  [
    'a link to the data on another site',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ],
])('%s gets no data', (_who, headers) => {
  expect(asked({ headers })?.status).toBe(403);
});

test.each([
  ['its own page', { origin: 'http://127.0.0.1:4000', 'sec-fetch-site': 'same-origin' }],
  ['the address bar', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
  ['curl', {}],
])('%s gets data', (_who, headers) => {
  expect(asked({ headers })).toBeNull();
});

test('a link on another site may open a page, but not in a frame', () => {
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  expect(asked({ url: '/run?id=a/b', headers: { ...link, 'sec-fetch-dest': 'document' } })).toBeNull();
  expect(asked({ url: '/run?id=a/b', headers: { ...link, 'sec-fetch-dest': 'iframe' } })?.status).toBe(403);
  expect(asked({ url: '/app.js', headers: { 'sec-fetch-site': 'cross-site' } })?.status).toBe(403);
});

test('a question with a body, and one without end, are refused', () => {
  expect(asked({ headers: { 'content-length': '5' } })?.status).toBe(413);
  expect(asked({ headers: { 'transfer-encoding': 'chunked' } })?.status).toBe(413);
  expect(asked({ url: `/api/runs?text=${'x'.repeat(LONGEST_URL)}` })?.status).toBe(414);
});
