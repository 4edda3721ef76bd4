import { ErrorCode, SluiceError } from '@sluice/sdk';
import { MlflowUnreachable } from './errors.ts';
import { authFromEnvironment, type CallOptions, judge, type MlflowConnection, splitCredentials } from './request.ts';
import type { MlflowRun } from './types.ts';

/** Time for one file, ms. */
const TIMEOUT = 60_000;

export interface MlflowArtifacts {
  /**
   * Puts a file among a run's artifacts, where MLflow's own pages show it; the same name again is written over.
   *
   * @throws MlflowUnreachable, MlflowRefused; SluiceError `Refused` for a server that leaves artifacts to its clients
   */
  putArtifact(
    run: MlflowRun,
    file: { readonly name: string; readonly text: string; readonly type: string },
    options?: CallOptions,
  ): Promise<void>;
}

export function mlflowArtifacts(connection: MlflowConnection): MlflowArtifacts {
  const { base, credentials } = splitCredentials(connection.url);
  const send = connection.fetch ?? globalThis.fetch;
  const auth = connection.auth ?? (credentials === null ? authFromEnvironment() : () => credentials);
  return {
    async putArtifact(run, { name, text, type }, options = {}) {
      const folder = /^mlflow-artifacts:\/*(?:[^/]*@[^/]*\/)?(.*)$/.exec(run.info.artifact_uri ?? '')?.[1];
      if (folder === undefined) {
        throw new SluiceError(ErrorCode.Refused, 'The MLflow server does not take artifacts itself.', {
          where: base,
          fix: 'Start it with --serve-artifacts, for runs that begin from then on.',
        });
      }
      const where = `${base}/api/2.0/mlflow-artifacts/artifacts/${[...folder.split('/'), name].map(encodeURIComponent).join('/')}`;
      const authorization = await auth();
      const limit = AbortSignal.timeout(TIMEOUT);
      let answer: ReturnType<typeof judge>;
      try {
        const response = await send(where, {
          method: 'PUT',
          redirect: 'manual',
          signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
          headers: { 'content-type': type, ...(authorization === null ? {} : { authorization }) },
          body: text,
        });
        const said = await response.text();
        // What was taken is answered with nothing.
        if (response.ok && said.trim() === '') return;
        answer = judge(response, said, where);
      } catch (cause) {
        if (options.signal?.aborted) throw options.signal.reason;
        throw new MlflowUnreachable(`MLflow at ${base} does not answer.`, { where, attempts: 1, cause });
      }
      if (answer.kind === 'refused') throw answer.error;
      if (answer.kind === 'again') {
        throw new MlflowUnreachable(`MLflow at ${base} does not answer: ${answer.why}.`, { where, attempts: 1 });
      }
    },
  };
}
