import { expect, test } from 'vitest';
import { requestIdOf, splitTarget, stickyKey } from './target.ts';

test.each([
  ['/digits/invocations', { endpoint: 'digits', path: '/invocations' }],
  ['/digits/v2/models/x?a=1&b=%2F', { endpoint: 'digits', path: '/v2/models/x?a=1&b=%2F' }],
  ['/digits', { endpoint: 'digits', path: '/' }],
  ['/digits?x=1', { endpoint: 'digits', path: '/?x=1' }],
  ['/digits//double', { endpoint: 'digits', path: '//double' }],
  ['http://elsewhere:80/digits/ping', { endpoint: 'digits', path: '/ping' }],
  ['/d%69gits/ping', { endpoint: 'digits', path: '/ping' }],
  ['/100%/ping', { endpoint: '100%', path: '/ping' }],
  ['/', null],
  ['*', null],
])('%s is split into endpoint and path', (url, target) => {
  expect(splitTarget(url)).toEqual(target);
});

test('the sticky key is the header, else the cookie', () => {
  expect(stickyKey({ 'x-sluice-key': 'k', cookie: 'sluice-route=c' })).toBe('k');
  expect(stickyKey({ cookie: 'a=1; sluice-route=c; b=2' })).toBe('c');
  expect(stickyKey({ cookie: 'other-sluice-route=c' })).toBeNull();
  expect(stickyKey({})).toBeNull();
});

test("a caller's request id is kept when it is harmless", () => {
  expect(requestIdOf({ 'x-sluice-request-id': 'order-17:a.b' })).toBe('order-17:a.b');
  expect(requestIdOf({ 'x-sluice-request-id': 'a"b' })).toBeNull();
  expect(requestIdOf({ 'x-sluice-request-id': 'x'.repeat(129) })).toBeNull();
});
