import type { Spent, StatusPage } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { type ListedExecution, listExecutions } from '../../records/executions.ts';
import { named } from '../../run/visibility.ts';

/** A child workflow that does a slice of a large map's keys. */
export interface Part extends ListedExecution {
  /** Index of its first key. */
  readonly from: number;
}

/** gRPC's code for a question that the server does not understand. */
const INVALID_ARGUMENT = 3;
/** Parts of one run that are listed. */
const MOST = 400;
/** Steps of parts follow the run's own: the n-th part's begin at n times this, from 1. */
export const PART = 1_000_000;

/** The parts of a run's large maps, in the order of their keys; of one that was begun again, the newest. */
export async function partsOf(client: Client, workflowId: string): Promise<Part[]> {
  const newest = new Map<string, Part>();
  for (const execution of await childrenOf(client, workflowId)) {
    const from = startOfSlice(execution.workflowId);
    if (from === null || execution.status === 'TERMINATED' || newest.has(execution.workflowId)) continue;
    newest.set(execution.workflowId, { ...execution, from });
  }
  return [...newest.values()].sort((a, b) => a.from - b.from);
}

/** The newest {@link MOST}. */
async function childrenOf(client: Client, workflowId: string): Promise<readonly ListedExecution[]> {
  const { query, findsOthers } = named('ParentWorkflowId', workflowId);
  const children: ListedExecution[] = [];
  let token: Uint8Array | null = null;
  do {
    const page: Listed = await listExecutions(client, query, MOST, token).catch(noneKnown);
    children.push(...page.executions.filter(({ parent }) => !findsOthers || parent === workflowId));
    token = page.next;
  } while (token !== null && children.length < MOST);
  return children;
}

type Listed = Awaited<ReturnType<typeof listExecutions>>;

/** Servers before 1.23 do not know whose child a workflow is: the map itself is shown all the same. */
function noneKnown(error: unknown): Listed {
  if ((error as { readonly code?: unknown }).code === INVALID_ARGUMENT) return { executions: [], next: null };
  throw error;
}

/** Parts have ids that end in `<index>-<16 hex digits>`; null for children of somebody else's making. */
export function startOfSlice(id: string): number | null {
  const [, from] = /(?:^|[/…]|\D)(\d+)-[0-9a-f]{16}$/.exec(id) ?? [];
  return from === undefined ? null : Number(from);
}

/** Where a page lies: among the run's own steps, or among those of a part. */
export function placeOf(after: number): { readonly part: number | null; readonly after: number } {
  return after < PART ? { part: null, after } : { part: Math.floor(after / PART) - 1, after: after % PART };
}

/** `after` of the page that follows; null after the last. @param next as the run or the part itself says */
export function nextPage(next: number | null, part: number | null, parts: number): number | null {
  if (next !== null) return part === null ? next : (part + 1) * PART + next;
  const following = part === null ? 0 : part + 1;
  return following < parts ? (following + 1) * PART : null;
}

/** What parts have spent, as far as it was told: a part that has ended spends no more. */
export class PartsSpent {
  readonly #known = new Map<string, readonly Spent[]>();
  readonly #asking = new Set<string>();

  learn({ runId, endedAt }: Part, spent: readonly Spent[] | undefined): void {
    if (endedAt !== null && spent !== undefined) this.#known.set(runId, spent);
  }

  /** What the known ones have spent, and how many are not known. */
  of(parts: readonly Part[]): { readonly spent: readonly Spent[]; readonly unknown: number } {
    const known = parts.flatMap(({ runId }) => [this.#known.get(runId)]).filter((one) => one !== undefined);
    return { spent: known.flat(), unknown: parts.length - known.length };
  }

  /** Asks those that have ended, one after the other, beside everything else: the next answer knows more. */
  askBeside(
    parts: readonly Part[],
    ask: (part: Part, page: StatusPage) => Promise<readonly Spent[] | undefined>,
  ): void {
    const [first] = parts;
    if (first === undefined || this.#asking.has(first.runId)) return;
    const wanted = parts.filter(({ runId, endedAt }) => endedAt !== null && !this.#known.has(runId));
    if (wanted.length === 0) return;
    this.#asking.add(first.runId);
    void (async () => {
      for (const part of wanted) this.learn(part, await ask(part, { limit: 1 }));
    })()
      .catch(() => {}) // whoever looks next asks again
      .finally(() => this.#asking.delete(first.runId));
  }
}
