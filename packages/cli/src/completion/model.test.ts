import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addCommands } from '../commands/program.ts';
import { completionModel } from './model.ts';

test('what help does not list is not offered', () => {
  const program = new Command('sluice');
  addCommands(program, () => {});
  const paths = completionModel(program).map(({ path }) => path);
  expect(paths).toContain('artifacts show');
  expect(paths).not.toContain('query');
});
