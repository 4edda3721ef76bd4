import type { Artifact } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import type { ActivityScope } from '../../serving/activity-scope.ts';
import { superviseServer } from '../../serving/supervised-server.ts';
import { httpAnswerer } from './http-answerer.ts';
import { programAnswerer } from './program-answerer.ts';
import type { Answerer } from './reply.ts';
import type { SuiteFile } from './suite-file.ts';

/** Times a server that a case brings down is started again. */
const RESTARTS = 30;

export interface AnswererOptions {
  readonly context: ActivityContext;
  readonly endpoint: string;
  readonly model: Pick<Artifact, 'uri' | 'digest'>;
  readonly scope: ActivityScope;
  readonly file: SuiteFile;
}

/** Starts what answers a suite's cases: a model behind its endpoint's own serving command, or the suite's program. */
export async function startAnswerer({ context, endpoint, model, scope, file }: AnswererOptions): Promise<Answerer> {
  const { protocol, timeout } = file;
  if (protocol.kind === 'command') {
    return programAnswerer({ context, model, command: protocol.command, timeout, scope });
  }
  const server = await superviseServer({ context, endpoint, model, scope }, RESTARTS);
  return httpAnswerer(server, protocol, timeout, scope);
}
