import type { Artifact } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { canonical } from '../../job/inputs/digests.ts';
import type { ActivityScope } from '../../serving/activity-scope.ts';
import { type SupervisedServer, superviseServer } from '../../serving/supervised-server.ts';
import { httpAnswerer } from './http-answerer.ts';
import { programAnswerer } from './program-answerer.ts';
import type { Answerer } from './reply.ts';
import type { SuiteFile, SuiteProtocol } from './suite-file.ts';

/** Times a server that a case brings down is started again. */
const RESTARTS = 30;

export interface AnswererOptions {
  readonly context: ActivityContext;
  readonly endpoint: string;
  readonly model: Pick<Artifact, 'uri' | 'digest'>;
  readonly scope: ActivityScope;
  readonly file: SuiteFile;
  /** Tasks that have cases to ask. */
  readonly tasks: ReadonlySet<string>;
}

/**
 * Starts what answers a suite's cases, task by task: the model behind its endpoint's own serving command, once for all
 * tasks that are asked over HTTP, and the suite's programs.
 *
 * @throws SluiceError what starting a server or a program throws; nothing is left running then
 */
export async function startAnswerer(options: AnswererOptions): Promise<Answerer> {
  const { context, endpoint, model, scope, file, tasks } = options;
  let server: SupervisedServer | null = null;
  const started = new Map<string, Answerer>(); // by protocol
  const byTask = new Map<string, Answerer>();
  const stop = async () => {
    for (const one of started.values()) await one.stop();
    await server?.stop();
  };
  const start = async (protocol: SuiteProtocol): Promise<Answerer> => {
    const { timeout } = file;
    if (protocol.kind === 'command') {
      return programAnswerer({ context, model, command: protocol.command, timeout, scope });
    }
    server ??= await superviseServer({ context, endpoint, model, scope }, RESTARTS);
    return httpAnswerer(server, protocol, timeout, scope);
  };
  try {
    for (const task of tasks) {
      const protocol = file.tasks[task]?.protocol ?? file.protocol;
      const key = canonical(protocol as Parameters<typeof canonical>[0]);
      const answerer = started.get(key) ?? (await start(protocol));
      started.set(key, answerer);
      byTask.set(task, answerer);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ask(one) {
      const answerer = byTask.get(one.task);
      if (answerer === undefined) throw new TypeError(`no answerer was started for the task ${one.task}`);
      return answerer.ask(one);
    },
    stop,
  };
}
