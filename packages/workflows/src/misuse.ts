import { ErrorCode, INLINE_KEYS, SluiceError } from '@sluice/sdk';
import { workflowInfo } from '@temporalio/workflow';

/** Errors of pipelines that are put together in a way that cannot work here. */

export function calledLikeAFunction(name: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `The pipeline ${name} was called like a function.`, {
    where: `pipeline ${name}`,
    fix: 'Start it as a child workflow, or move what both share into a plain function.',
  });
}

/** @param stepName what a child came to instead of its map, where it is a step that its parent had not begun */
export function lostTheWay(name: string, stepName?: string): SluiceError {
  const instead = stepName === undefined ? '' : ` It came to ${stepName}, which its parent had not begun.`;
  return new SluiceError(
    ErrorCode.InvalidStep,
    `${name}: a part of a large map could not find its keys again.${instead}`,
    {
      where: name,
      fix: `Code before a map with more than ${INLINE_KEYS} keys may depend on the parameters and on results of steps only, not on time or chance.`,
    },
  );
}

/**
 * The code of a child is not that of its parent, which is why it cannot find its keys. No failure of the child: it would
 * stand in the history of the parent for good. Its task fails, and is tried again until the parent's code is back.
 */
export class OtherCode extends TypeError {
  constructor(lost: SluiceError) {
    super(`[nondeterminism] ${lost.message} Its code changed after its parent had begun it.`);
    this.name = 'OtherCode';
  }
}

/** Is the code of this child another than that which began it? */
export function isOtherCode(build: string | null): boolean {
  return (workflowInfo().currentBuildId ?? null) !== build;
}

/** Why a child cannot go on that has not found its keys. One that replays had found them before, by other code. */
export function lostIn(build: string | null, lost: SluiceError): Error {
  return isOtherCode(build) || workflowInfo().unsafe.isReplaying ? new OtherCode(lost) : lost;
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
