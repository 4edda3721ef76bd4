import { ErrorCode, SluiceError } from '@sluice/sdk';
import { expect, it } from 'vitest';
import { plainPaint } from '../follow/colours.ts';
import { renderError } from './render.ts';

it('says what, where and what now, each on its line', () => {
  const error = new SluiceError(ErrorCode.NotFound, 'The suite is not there.', { where: 'eval/x', fix: 'Add it.' });
  expect(renderError(error, plainPaint)).toBe(
    'error NotFound  The suite is not there.\n  where  eval/x\n  fix    Add it.\n',
  );
});

it('says nothing twice that the message has said', () => {
  const message = 'quality: The suite is not there. (at eval/x) What now: Add it.';
  const error = new SluiceError(ErrorCode.NotFound, message, { where: 'quality', fix: 'Add it.' });
  expect(renderError(error, plainPaint)).toBe(`error NotFound  ${message}\n`);
});
