import { ErrorCode, INLINE_KEYS, SluiceError } from '@sluice/sdk';

/** Errors of pipelines that are put together in a way that cannot work here. */

export function calledLikeAFunction(name: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `The pipeline ${name} was called like a function.`, {
    where: `pipeline ${name}`,
    fix: 'Start it as a child workflow, or move what both share into a plain function.',
  });
}

export function lostTheWay(name: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `${name}: a part of a large map could not find its keys again.`, {
    where: name,
    fix: `Code before a map with more than ${INLINE_KEYS} keys may depend on the parameters and on results of steps only, not on time or chance.`,
  });
}

export function waitsForParent(map: string, step: string | null): SluiceError {
  const what = step === null ? 'something that is no step' : `the step ${step}, which had not ended when the map began`;
  return new SluiceError(
    ErrorCode.InvalidStep,
    `${map}: a part of a large map cannot go on: its code waits for ${what}.`,
    {
      where: map,
      fix: `Await steps before a map with more than ${INLINE_KEYS} keys, and do not wait before or in it for signals: a child that runs a part of it gets the results of steps only.`,
    },
  );
}
