import { ErrorCode, SluiceError } from '@sluice/sdk';
import { INLINE_KEYS } from './fan-out.ts';

/** Errors of pipelines that are put together in a way that cannot work here. */

export function calledLikeAFunction(name: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `The pipeline ${name} was called like a function.`, {
    where: `pipeline ${name}`,
    fix: 'Start it as a child workflow, or move what both share into a plain function.',
  });
}

export function deployInChild(step: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `${step} stands in a map of more than ${INLINE_KEYS} keys.`, {
    where: step,
    fix: 'Such a map runs in child workflows, where nobody looks for a decision: deploy after the map.',
  });
}

export function lostTheWay(name: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `${name}: a part of a large map could not find its keys again.`, {
    where: name,
    fix: `Code before a map with more than ${INLINE_KEYS} keys may depend on the parameters and on results of steps only, not on time or chance.`,
  });
}

export function tooManyNested(path: string, most: number): SluiceError {
  return new SluiceError(
    ErrorCode.InvalidStep,
    `The maps inside of maps have more than ${most} keys together; one history cannot hold their steps.`,
    {
      where: path,
      fix: 'Make one flat map of them, with keys such as "EWR-2013": a large flat map runs in children.',
    },
  );
}
