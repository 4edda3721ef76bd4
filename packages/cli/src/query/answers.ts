import { UsageError } from '../errors.ts';
import { listRows } from '../records/rows.ts';
import { findRun } from '../run/find-run.ts';
import { checkStates } from '../run/runs-query.ts';
import { artifactAnswer } from './artifact-answer.ts';
import { cachedArtifact } from './cached-artifact.ts';
import { count, type Given, keysIn, maybeText, text } from './given.ts';
import { Histories } from './histories.ts';
import type { Ask } from './lines.ts';
import { logAnswer } from './log-answer.ts';
import { runAnswer } from './run-answer.ts';
import type { Session } from './session.ts';
import { stepAnswer, stepsAnswer } from './step-answer.ts';
import { checkpointsAnswer, curvesAnswer } from './training-answers.ts';

/** All that can be asked. Everything is read; nothing but the cache of this machine is written. */
export function answers(session: Session): Ask {
  const histories = new Histories();
  const { store, stateDir } = session;
  const server: Session['server'] = (use) => session.server(use);
  // What is given is looked at before a server is: a question that makes no sense is told so at once.
  const questions: Readonly<Record<string, (given: Given) => Promise<unknown>>> = {
    runs: (given) => {
      const [state, limit] = [maybeText(given, 'state'), count(given, 'limit', 20)];
      const filter = {
        ...maybe('pipeline', maybeText(given, 'pipeline')),
        ...maybe('text', maybeText(given, 'text')),
        ...(state === undefined ? {} : { states: checkStates([state]) }),
      };
      return server(({ client }) => listRows(client, filter, limit));
    },
    run: (given) => {
      const run = text(given, 'run');
      return server(async ({ client, target }) => runAnswer(client, (await findRun(client, target, run)).workflowId));
    },
    steps: (given) => {
      const run = text(given, 'run');
      return server(({ client }) => stepsAnswer(client, histories, run));
    },
    step: (given) => {
      const [run, step, keys] = [text(given, 'run'), text(given, 'step'), keysIn(given)];
      return server(({ client }) => stepAnswer(client, histories, run, step, keys));
    },
    artifact: (given) => {
      const [digest, runs] = [text(given, 'digest'), count(given, 'runs', 50)];
      return server(({ client }) => artifactAnswer(client, histories, store, digest, runs));
    },
    fetch: async (given) => {
      const [uri, digest, kind] = [text(given, 'uri'), text(given, 'digest'), text(given, 'kind')];
      return {
        path: await cachedArtifact(store, stateDir, { uri, digest, kind } as Parameters<typeof cachedArtifact>[2]),
      };
    },
    checkpoints: (given) => checkpointsAnswer(store, text(given, 'run'), text(given, 'step')),
    curves: async (given) => curvesAnswer(await session.mlflow(), text(given, 'mlflowRun'), maybeText(given, 'metric')),
    log: (given) =>
      logAnswer(stateDir, {
        run: text(given, 'run'),
        step: text(given, 'step'),
        attempt: given.attempt == null ? null : count(given, 'attempt', 1),
        lines: count(given, 'lines', 1000),
      }),
  };
  return async (question, given) => {
    const answer = Object.hasOwn(questions, question) ? questions[question] : undefined;
    if (answer === undefined) {
      throw new UsageError(
        `This sluice command cannot answer "${question}".`,
        'Use a Python package and a command of the same version.',
      );
    }
    return answer(given);
  };
}

/** A member that is left out where there is no value. */
function maybe<Name extends string>(name: Name, value: string | undefined): { readonly [K in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in Name]?: string };
}
