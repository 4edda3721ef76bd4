import { expect, test } from 'vitest';
import { installAdvice, LOCK_COMMAND } from './install-advice.ts';

test.each([
  'error: In `--require-hashes` mode, all requirements must have a hash, but none were provided for: six==1.17.0',
  'error: In `--require-hashes` mode, all requirements must have their versions pinned with `==`, but found: six',
  'ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements.',
  'ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==.',
  "Can't verify hashes: these requirements were asked to be pinned: six",
])('where hashes are missing it says how a lock is made: %s', (line) => {
  const advice = installAdvice(['  x', line]);
  expect(advice).toContain(LOCK_COMMAND);
  expect(advice).toContain('docs/python.md');
  expect(advice).not.toContain('index');
});

test('another hash than the locked one is called that', () => {
  const advice = installAdvice(['error: Failed to download', '  ╰─▶ Hash mismatch for `six==1.17.0`']);
  expect(advice).toContain('not the one that was locked');
});

test('of anything else it points at the lines and at the index', () => {
  expect(installAdvice(['error: Failed to fetch'])).toContain('a package index that cannot be reached');
  expect(installAdvice([])).toContain('run it again');
});
