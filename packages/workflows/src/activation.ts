import {
  setCurrentDetails,
  type WorkflowInterceptors,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';
import { repeatsParent } from './author.ts';
import { bytesOf, checkValue } from './size.ts';
import { roomFor } from './task-room.ts';
import { underWay } from './under-way.ts';

/**
 * What a workflow can learn only where its activations pass. State of one workflow: its sandbox has this module for
 * itself.
 */
let details: (() => string) | null = null;
let installed = false;
let seed: string | null = null;
/** Time of the workflow task that began an execution made by a reset, epoch ms. */
let resetAt: number | null = null;
let resetCount = 0;

/**
 * Says what Temporal's UI shows of this workflow. It is rendered when somebody looks: the UI reads it by a query, and to
 * render it at every change would take most of the time of a workflow with many steps.
 */
export function showDetails(render: () => string): void {
  details = render;
}

/**
 * Whether the workflow task under way is the first after a reset: it repeats signals and updates that came after the
 * point of the reset, and nothing in them says so. That same task gives the execution a new random seed.
 */
export function repeatsAfterReset(): boolean {
  return resetAt === Date.now();
}

/** How often a reset has begun this execution anew; 0 for one that went its way from its start. */
export function resets(): number {
  return resetCount;
}

/**
 * Refuses to run where a reset could not be told from a first run, because a decision that a reset repeats would count.
 *
 * A plain error on purpose: the task fails and is tried again until a worker with a right bundle is there. Nothing is
 * recorded, and nothing that waits is lost. To refuse decisions one by one would not do: a right bundle later would judge
 * those in the history otherwise, and the run could not go on.
 */
export function mustTellResets(): void {
  if (!installed) {
    throw new TypeError(
      "This worker's workflow bundle lacks the interceptors of @sluice/workflows, so a reset could repeat an approval. " +
        "Name it when bundling: workflowInterceptorModules: [require.resolve('@sluice/workflows')].",
    );
  }
  if (randomnessSeed() === null) {
    throw new TypeError(
      "This version of Temporal's SDK does not show a reset to @sluice/workflows, so a reset could repeat an approval. " +
        'Use the version of @temporalio/worker that @sluice/workflows asks for.',
    );
  }
}

/** A worker's bundle has to name this module among its `workflowInterceptorModules`. */
export function interceptors(): WorkflowInterceptors {
  return {
    outbound: [outbound],
    internals: [
      {
        activate(input, next) {
          installed = true;
          const now = randomnessSeed();
          if (seed !== null && now !== seed) {
            resetAt = Date.now();
            resetCount += 1;
          }
          seed = now;
          if (details !== null && input.activation.jobs?.some((job) => job.queryWorkflow)) setCurrentDetails(details());
          next(input);
        },
      },
    ],
  };
}

/** Never answers: in the child of a large map, for what its parent does. */
const never = new Promise<never>(() => {});

/** What is sent to Temporal is bounded here, so that no server has to refuse it. */
const outbound: WorkflowOutboundCallsInterceptor = {
  scheduleActivity(input, next) {
    if (repeatsParent(`the activity ${input.activityType}`)) return never;
    const bytes = checkedSize(`the input of the activity ${input.activityType}`, input.args);
    const room = roomFor(bytes);
    return underWay(room === null ? next(input) : room.then(() => next(input)));
  },
  scheduleLocalActivity(input, next) {
    return repeatsParent(`the local activity ${input.activityType}`) ? never : underWay(next(input));
  },
  startTimer(input, next) {
    return repeatsParent('a timer') ? never : underWay(next(input));
  },
  startChildWorkflowExecution(input, next) {
    if (repeatsParent(`the child workflow ${input.workflowType}`)) return never;
    const bytes = checkedSize(`the input of the child workflow ${input.workflowType}`, input.options.args ?? []);
    const room = roomFor(bytes);
    const child = underWay(room === null ? next(input) : room.then(() => next(input)));
    child.then(([, result]) => underWay(result)).catch(() => {}); // whoever started it hears of it
    return child;
  },
  signalWorkflow(input, next) {
    return repeatsParent(`the signal ${input.signalName}`) ? never : underWay(next(input));
  },
};

function checkedSize(what: string, args: readonly unknown[]): number {
  const { ref } = (args[0] ?? {}) as { readonly ref?: { readonly step?: string } };
  const { step } = ref ?? {};
  return args.reduce((total: number, value) => {
    const bytes = bytesOf(value);
    checkValue(step === undefined ? what : `${step}: ${what}`, step ?? what, bytes);
    return total + bytes;
  }, 0);
}

/**
 * Not in the SDK's interface; its only public sign, other random numbers, cannot be told from the next ones. Null where
 * it cannot be read.
 */
function randomnessSeed(): string | null {
  const { __TEMPORAL_ACTIVATOR__: activator } = globalThis as {
    __TEMPORAL_ACTIVATOR__?: { readonly randomnessSeed?: readonly number[] };
  };
  const numbers = activator?.randomnessSeed;
  return Array.isArray(numbers) && numbers.length > 0 ? numbers.join() : null;
}
