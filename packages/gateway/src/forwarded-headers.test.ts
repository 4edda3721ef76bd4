import { expect, test } from 'vitest';
import { requestHeaders, responseHeaders } from './forwarded-headers.ts';

test('headers of the connection and of the gateway itself are not passed on', () => {
  const raw = ['Host', 'me', 'Connection', 'close, X-Secret', 'X-Secret', '1', 'TE', 'trailers', 'Accept', '*/*'];
  expect(requestHeaders([...raw, 'X-Sluice-Shadow', '1', 'Expect', '100-continue'], ['host', 'model'])).toEqual([
    'host',
    'model',
    'Accept',
    '*/*',
  ]);
});

test('a Connection header cannot drop the length of the body', () => {
  expect(requestHeaders(['Connection', 'content-length', 'Content-Length', '5'], [])).toEqual(['Content-Length', '5']);
});

test('repeated response headers stay apart', () => {
  const raw = ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Transfer-Encoding', 'chunked', 'x-sluice-version', 'fake'];
  expect(responseHeaders(raw, ['x-sluice-version', 'v1'])).toEqual([
    'x-sluice-version',
    'v1',
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
  ]);
});
