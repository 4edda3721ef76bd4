import { UsageError } from '../errors.ts';
import { findRun } from '../run/find-run.ts';
import { artifactAnswer } from './artifact-answer.ts';
import { cachedArtifact } from './cached-artifact.ts';
import { count, type Given, keysIn, maybeText, text } from './given.ts';
import { Histories } from './histories.ts';
import type { Ask } from './lines.ts';
import { logAnswer } from './log-answer.ts';
import { listRows } from './rows.ts';
import { runAnswer } from './run-answer.ts';
import type { Session } from './session.ts';
import { stepAnswer, stepsAnswer } from './step-answer.ts';
import { checkpointsAnswer, curvesAnswer } from './training-answers.ts';

/** All that can be asked. Everything is read; nothing but the cache of this machine is written. */
export function answers(session: Session): Ask {
  const histories = new Histories();
  const { store, stateDir } = session;
  const server: Session['server'] = (use) => session.server(use);
  const questions: Readonly<Record<string, (given: Given) => Promise<unknown>>> = {
    runs: (given) => {
      const [pipeline, state, part] = ['pipeline', 'state', 'text'].map((name) => maybeText(given, name));
      const filter = { ...(pipeline && { pipeline }), ...(state && { state }), ...(part && { text: part }) };
      return server(({ client }) => listRows(client, { ...filter, limit: count(given, 'limit', 20) }));
    },
    run: (given) =>
      server(async ({ client, target }) =>
        runAnswer(client, (await findRun(client, target, maybeText(given, 'run'))).workflowId),
      ),
    steps: (given) => server(({ client }) => stepsAnswer(client, histories, text(given, 'run'))),
    step: (given) =>
      server(({ client }) => stepAnswer(client, histories, text(given, 'run'), text(given, 'step'), keysIn(given))),
    artifact: (given) =>
      server(({ client }) => artifactAnswer(client, histories, store, text(given, 'digest'), count(given, 'runs', 50))),
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
