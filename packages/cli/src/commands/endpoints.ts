import { gatewayClient } from '@sluice/gateway';
import { type EndpointState, ErrorCode, endpointWorkflowId, Query, SluiceError, Update } from '@sluice/sdk';
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { didYouMean } from '../config/suggest.ts';
import { readDevFile } from '../dev/dev-file.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { shortDigest, table } from '../follow/format.ts';
import { failureOf } from '../follow/look.ts';
import { whoAmI } from '../git.ts';
import { answeredByWorker } from '../run/answered-by-worker.ts';
import { type GatewayAccess, gatewayAccess } from '../run/gateway-access.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';

/** What the gateway does, as far as it answers. */
type Traffic = Awaited<ReturnType<ReturnType<typeof gatewayClient>['endpoint']>>;

/** `sluice endpoints` */
export async function endpointsCommand(options: CommonOptions, io: Io): Promise<ExitCode> {
  return withServer(options, async ({ client, loaded }) => {
    const gateway = await gatewayAccess(await readDevFile(loaded.root));
    const names = Object.keys(loaded.config.endpoints);
    if (names.length === 0) io.line('The config has no endpoints.');
    for (const name of names) {
      const state = await endpointState(client, name);
      const traffic = gateway === null ? null : await trafficOf(gateway, name);
      const url = gateway === null ? null : `${gateway.url}/${encodeURIComponent(name)}/invocations`;
      io.object({ type: 'endpoint', endpoint: name, url, state, traffic });
      for (const line of endpointLines(name, url, state, traffic, io)) io.line(line);
    }
    return ExitCode.done;
  });
}

/** `sluice rollback ENDPOINT` */
export async function rollbackCommand(
  name: string,
  options: CommonOptions & { reason?: string; by?: string },
  io: Io,
): Promise<ExitCode> {
  return withServer(options, async ({ client, loaded }) => {
    const names = Object.keys(loaded.config.endpoints);
    if (!names.includes(name)) {
      throw new UsageError(
        `There is no endpoint "${name}".${didYouMean(name, names)}`,
        `There is: ${names.join(', ') || 'none'}.`,
      );
    }
    const by = options.by ?? (await whoAmI(loaded.root));
    const answer = await rollback(client, name, {
      by,
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    });
    io.object({ type: 'rollback', at: Date.now(), endpoint: name, ...answer });
    io.line(`${io.paint('step', name)}: rolling back to ${io.paint('name', answer.to ?? 'no version')}`);
    return ExitCode.done;
  });
}

/**
 * Asks an endpoint to go back to its former version.
 *
 * @throws SluiceError `DecisionRefused` saying why it cannot.
 */
export async function rollback(
  client: Client,
  endpoint: string,
  request: { by: string; reason?: string },
): Promise<{ to: string | null }> {
  const workflowId = endpointWorkflowId(endpoint);
  const handle = client.workflow.getHandle(workflowId);
  const updateId = `rollback-${crypto.randomUUID()}`;
  try {
    const answer = await answeredByWorker(client, workflowId, () =>
      handle.executeUpdate<{ accepted: boolean; to: string | null; why: string | null }, [typeof request]>(
        Update.rollback,
        { args: [request], updateId },
      ),
    );
    if (!answer.accepted) throw refused(endpoint, answer.why ?? 'the endpoint said no');
    return { to: answer.to };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw refused(endpoint, 'nothing was ever deployed to it', error);
    if (error instanceof WorkflowUpdateFailedError) throw refused(endpoint, failureOf(error.cause).message, error);
    throw error;
  }
}

function refused(endpoint: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError(ErrorCode.DecisionRefused, `${endpoint} is not rolled back: ${why}.`, {
    where: endpoint,
    fix: 'See what it serves: sluice endpoints',
    data: { reason: why },
    cause,
  });
}

async function endpointState(client: Client, name: string): Promise<EndpointState | null> {
  const workflowId = endpointWorkflowId(name);
  try {
    return await answeredByWorker(client, workflowId, () =>
      client.workflow.getHandle(workflowId).query<EndpointState>(Query.endpoint),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

async function trafficOf({ adminUrl, token }: GatewayAccess, name: string): Promise<Traffic | null> {
  try {
    return await gatewayClient(adminUrl, { timeoutMs: 5000, ...(token === undefined ? {} : { token }) }).endpoint(name);
  } catch {
    return null;
  }
}

function endpointLines(
  name: string,
  url: string | null,
  state: EndpointState | null,
  traffic: Traffic | null,
  { paint }: Io,
): string[] {
  const lines = [`${paint('name', name)}${url === null ? '' : `  ${paint('link', url)}`}`];
  if (state === null) return [...lines, '  empty: nothing was ever deployed to it'];
  lines.push(
    `  ${state.phase}${state.rollout === null ? '' : ` of ${state.rollout}`}${state.queued.length > 0 ? `, ${state.queued.length} waiting` : ''}`,
  );
  const rows = (['stable', 'candidate', 'previous'] as const).flatMap((role) => {
    const version = state[role];
    if (version === null) return [];
    const running = traffic?.versions.find(({ id }) => id === version.id);
    const weight = traffic === null ? state.weights[version.id] : traffic.weights[version.id];
    return [
      [
        role,
        version.id,
        version.registered === null ? '' : `v${version.registered.version}`,
        shortDigest(version.digest),
        `${weight ?? 0} %`,
        running?.state ?? (traffic === null ? '' : 'not running'),
      ],
    ];
  });
  for (const line of table([['', 'version', 'registry', 'digest', 'traffic', 'state'], ...rows]))
    lines.push(`  ${line}`);
  const last = state.history.at(-1);
  if (last !== undefined)
    lines.push(
      `  last: ${last.state} ${new Date(last.endedAt).toISOString()}${last.reason === null ? '' : `, ${last.reason}`}`,
    );
  return lines;
}
