import { builtinModules } from 'node:module';
import { sep } from 'node:path';
import { type BundleOptions, DefaultLogger } from '@temporalio/worker';
import { workflowCode } from '../harness/workflow-code.ts';

/** What of webpack is needed here; the worker brings it. */
interface Compiler {
  readonly hooks: {
    readonly compilation: { tap(name: string, listener: (compilation: Compilation) => void): void };
  };
}
interface Compilation {
  readonly hooks: {
    readonly finishModules: { tap(name: string, listener: (modules: Iterable<Module>) => void): void };
  };
}
interface Module {
  nameForCondition(): string | null;
  readonly dependencies: readonly { readonly request?: string }[];
}

export interface Bundle {
  /** Files, absolute. */
  readonly files: readonly string[];
  /** Packages and folders of the workspace that the files belong to, sorted. */
  readonly packages: readonly string[];
  /** Built-ins of Node that a file asks for, with the files that do. */
  readonly builtins: ReadonlyMap<string, readonly string[]>;
  readonly code: string;
}

/** Makes the workflow bundle of `workflowsPath` as a worker does, and tells what went in. */
export async function bundledModules(workflowsPath: string): Promise<Bundle> {
  const files = new Set<string>();
  const builtins = new Map<string, string[]>();
  const note = (modules: Iterable<Module>): void => {
    for (const module of modules) {
      const file = module.nameForCondition();
      if (file === null) continue;
      files.add(file);
      for (const { request } of module.dependencies) {
        const name = request?.replace(/^node:/, '') ?? '';
        if (builtinModules.includes(name)) builtins.set(name, [...(builtins.get(name) ?? []), file]);
      }
    }
  };
  const plugin = {
    apply: (compiler: Compiler) =>
      compiler.hooks.compilation.tap('modules', (compilation) => compilation.hooks.finishModules.tap('modules', note)),
  };
  type Hook = NonNullable<BundleOptions['webpackConfigHook']>;
  const hook: Hook = (config) => ({ ...config, plugins: [...(config.plugins ?? []), plugin as never] });
  const { code } = await workflowCode(workflowsPath, {
    webpackConfigHook: hook,
    logger: new DefaultLogger('ERROR', () => {}),
  });
  return { files: [...files], packages: [...new Set([...files].map(packageOf))].sort(), builtins, code };
}

/** `@temporalio/common`, `ms`; `packages/sdk` for a folder of the workspace. */
function packageOf(file: string): string {
  const parts = file.split(sep);
  const at = parts.lastIndexOf('node_modules');
  if (at >= 0) return parts[at + 1]?.startsWith('@') ? `${parts[at + 1]}/${parts[at + 2]}` : (parts[at + 1] ?? file);
  const folder = Math.max(parts.lastIndexOf('packages'), parts.lastIndexOf('test'));
  return parts.slice(folder, folder + 2).join('/');
}
