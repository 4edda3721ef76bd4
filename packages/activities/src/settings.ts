import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  type ClassSettings,
  ErrorCode,
  type Settings,
  type SluiceActivities,
  SluiceError,
  taskQueue,
} from '@sluice/sdk';
import type { ActivityContext } from './context.ts';
import { publicUrl } from './mlflow/public-url.ts';

const run = promisify(execFile);

/**
 * What a run needs to know of its project: its config, and the commit of this worker's checkout.
 *
 * @param reports whether this worker writes reports
 */
export function settingsActivity(context: ActivityContext, reports = false): SluiceActivities['settings'] {
  const { config } = context;
  let commit: Promise<{ commit: string | null; dirty: boolean | null }> | undefined;
  return async (): Promise<Settings> => {
    commit ??= checkout(context.root);
    const names = Object.keys(config.classes ?? {});
    const defaultClass = config.defaultClass ?? names[0] ?? 'cpu';
    return {
      project: config.project,
      defaultClass,
      classes: Object.fromEntries(
        (names.length === 0 ? [defaultClass] : names).map((name) => [name, classOf(context, name)]),
      ),
      approvers: {
        names: config.approvers?.names ?? null,
        selfApproval: config.approvers?.selfApproval ?? true,
        oidc: config.approvers?.oidc !== undefined,
      },
      endpoints: Object.keys(config.endpoints ?? {}),
      mlflow: context.mlflow !== null,
      notify: (config.notify ?? []).length > 0,
      // These stand in histories and in Temporal's UI.
      links: { ...context.links, mlflow: context.links.mlflow === null ? null : publicUrl(context.links.mlflow) },
      reports,
      ...(await commit),
    };
  };
}

function classOf({ config }: ActivityContext, name: string): ClassSettings {
  const found = config.classes?.[name] ?? {};
  if (found.fallback !== undefined && config.classes?.[found.fallback] === undefined) {
    throw new SluiceError(
      ErrorCode.InvalidConfig,
      `Class ${name} falls back to ${found.fallback}, which is not there.`,
      {
        where: `classes.${name}.fallback in sluice.config.ts`,
      },
    );
  }
  return {
    taskQueue: taskQueue(config.project, name),
    gpus: found.gpus ?? 0,
    interruptible: found.interruptible ?? false,
    fallback: found.fallback ?? null,
    price: found.price ?? null,
  };
}

async function checkout(root: string): Promise<{ commit: string | null; dirty: boolean | null }> {
  try {
    const head = await run('git', ['rev-parse', 'HEAD'], { cwd: root });
    const changes = await run('git', ['status', '--porcelain', '--untracked-files=no'], { cwd: root });
    return { commit: head.stdout.trim(), dirty: changes.stdout.trim() !== '' };
  } catch {
    return { commit: null, dirty: null };
  }
}
