import { type Artifact, type Digest, describeError, ErrorCode, errorCode } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { endpointState } from '../../rollout/endpoint-state.ts';
import type { ActivityScope } from '../../serving/activity-scope.ts';
import { registeredVersion } from '../registered-version.ts';
import type { SuiteBaseline } from '../suite-report.ts';
import { type AnswerFolder, askModel, type ModelAnswers } from './answers.ts';
import type { SuiteFolder } from './load-suite-folder.ts';
import { storedAnswers, storedResult } from './stored-result.ts';
import type { SuiteInput } from './suite-input.ts';

type Facts = Omit<SuiteBaseline, 'broken'>;

/** What a candidate is held against, before it is asked. */
export interface Baseline {
  readonly facts: Facts;
  /** Its answers; null where there are none, and why if it should have some. */
  answers(folder: AnswerFolder, scope: ActivityScope): Promise<{ answers: ModelAnswers | null; broken: string | null }>;
}

/** What the candidate is held against. @throws SluiceError `Unreachable`, `NotFound`, `InvalidStep` */
export async function suiteBaseline(
  context: ActivityContext,
  { spec, where }: SuiteInput,
  suite: SuiteFolder,
): Promise<Baseline> {
  const { against, endpoint } = spec;
  if (against === null) return none({ kind: 'none', digest: null, name: null });
  if (against !== 'production' && 'result' in against) {
    const { candidate, step, answers } = await storedResult(context, against.result, suite, where);
    return {
      facts: { kind: 'stored', digest: candidate, name: against.step ?? step },
      answers: async () => ({ answers: await storedAnswers(context, answers), broken: null }),
    };
  }
  if (against !== 'production' && 'version' in against) {
    const model = await registeredVersion(context, endpoint, against.version, where);
    return served(context, endpoint, model, { kind: 'version', digest: model.digest, name: against.version });
  }
  if (against !== 'production') {
    return served(context, endpoint, against, { kind: 'model', digest: against.digest, name: against.step });
  }
  const stable = (await endpointState(context, endpoint))?.stable ?? null;
  if (stable === null) return none({ kind: 'production', digest: null, name: null });
  const model = { uri: stable.uri, digest: stable.digest as Digest };
  return served(context, endpoint, model, {
    kind: 'production',
    digest: model.digest,
    name: stable.registered?.version ?? null,
  });
}

function none(facts: Facts): Baseline {
  return { facts, answers: async () => ({ answers: null, broken: null }) };
}

function served(
  context: ActivityContext,
  endpoint: string,
  model: Pick<Artifact, 'uri' | 'digest'>,
  facts: Facts,
): Baseline {
  return {
    facts,
    async answers(folder, scope) {
      try {
        return { answers: await askModel(context, { folder, model, endpoint, scope, who: 'baseline' }), broken: null };
      } catch (error) {
        // One that cannot be served is no fault of the candidate's, and no pass either.
        const own: readonly string[] = [ErrorCode.ServerNotReady, ErrorCode.NotFound, ErrorCode.Corrupt];
        if (!own.includes(errorCode(error))) throw error;
        return { answers: null, broken: describeError(error) };
      }
    },
  };
}
