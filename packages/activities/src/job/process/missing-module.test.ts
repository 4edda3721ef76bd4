import { expect, test } from 'vitest';
import { LOCK_COMMAND, missingModule } from './missing-module.ts';

const last = "ModuleNotFoundError: No module named 'joblib'";

test('a module that is missing is a package to name, to lock and to ask for', () => {
  const advice = missingModule(last, undefined);
  for (const part of ['joblib', 'requirements.in', LOCK_COMMAND, "python: { requirements: 'requirements.txt' }"]) {
    expect(advice).toContain(part);
  }
});

test('where the config names a lock already, or an interpreter, that is where it goes', () => {
  const locked = missingModule(last, { requirements: 'requirements.txt' });
  expect(locked).toContain(LOCK_COMMAND);
  expect(locked).not.toContain('sluice.config.ts');
  expect(missingModule(last, { interpreter: '.venv/bin/python' })).toContain('install it into .venv/bin/python');
});

test('a module is called by the name of its package, also where one of its parts is imported', () => {
  expect(missingModule("ModuleNotFoundError: No module named 'sklearn.ensemble'", undefined)).toContain('scikit-learn');
});

test('of any other end it says nothing', () => {
  expect(missingModule("ValueError: No module named 'x'", undefined)).toBeNull();
  expect(missingModule("ModuleNotFoundError: No module named 'sluice'", undefined)).toBeNull();
});
