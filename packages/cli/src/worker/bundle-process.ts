/** Program that bundles workflow code for `workflowBundle`: order as its argument, answer as a message. */
import { existsSync } from 'node:fs';
import { type BundleOptions, bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { isForbidden } from '../config/forbidden.ts';

export interface BundleOrder {
  readonly entryPath: string;
  /** Paths of the modules that export `interceptors`. */
  readonly interceptors: string[];
  readonly preload: string[];
  /** Absolute path by module name. */
  readonly alias: Readonly<Record<string, string>>;
  /** Folders to look for modules that the pipeline repository has not installed. */
  readonly fallback: readonly string[];
}

export interface Bundled {
  readonly code: string;
  /** Absolute path of every file that went into it. */
  readonly files: readonly string[];
}

/** An import that broke the bundle, seen from the last file on the way to it that is no package's. */
export interface BundleFault {
  /** Absolute path. */
  readonly file: string;
  /** What that file imports. */
  readonly specifier: string;
  /** What cannot be had: the same, or an import of what that file imports. */
  readonly through: string;
}

export type BundleAnswer =
  | ({ readonly ok: true } & Bundled)
  | { readonly ok: false; readonly why: string; readonly faults: readonly BundleFault[] };

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** As much of webpack's compilation as is looked at. */
interface Compilation {
  readonly fileDependencies: Iterable<string>;
  readonly modules: Iterable<Module>;
  readonly errors: readonly Unresolved[];
  readonly moduleGraph: { getIssuer(module: Module): Module | null | undefined };
}

interface Module {
  identifier(): string;
  readonly resource?: unknown;
  readonly rawRequest?: unknown;
}

interface Unresolved {
  readonly name: string;
  readonly module?: Module | null;
  readonly message: string;
}

process.on('disconnect', () => process.exit(1));
const answer = await bundle(JSON.parse(process.argv[2] ?? '') as BundleOrder);
process.send?.(answer, () => process.exit(0));

async function bundle(order: BundleOrder): Promise<BundleAnswer> {
  let files: string[] = [];
  const faults: BundleFault[] = [];
  const messages: string[] = [];
  try {
    const { code } = await bundleWorkflowCode({
      workflowsPath: order.entryPath,
      workflowInterceptorModules: order.interceptors,
      preloadModules: order.preload,
      logger: new DefaultLogger('ERROR', ({ message }) => void messages.push(message)),
      webpackConfigHook: (config) =>
        asOrdered(config, order, (compilation) => {
          files = [...compilation.fileDependencies].filter((file) => existsSync(file));
          faults.push(...faultsOf(compilation));
        }),
    });
    return { ok: true, code, files };
  } catch (error) {
    const why = [...messages, error instanceof Error ? error.message : String(error)].join('\n');
    return { ok: false, why, faults };
  }
}

function asOrdered(
  config: WebpackConfig,
  order: BundleOrder,
  onDone: (compilation: Compilation) => void,
): WebpackConfig {
  config.resolve = {
    ...config.resolve,
    alias: {
      ...(config.resolve?.alias as Record<string, string | false | string[]>),
      ...order.alias,
    },
    modules: [...(config.resolve?.modules ?? ['node_modules']), ...order.fallback],
  };
  config.plugins = [
    ...(config.plugins ?? []),
    {
      apply: (compiler) => {
        compiler.hooks.done.tap('sluice', ({ compilation }) => onDone(compilation as unknown as Compilation));
      },
    },
  ];
  return config;
}

/** Modules that were asked for and cannot be in the sandbox, or are not there at all. */
function faultsOf({ modules, errors, moduleGraph }: Compilation): BundleFault[] {
  const faults: BundleFault[] = [];
  for (const module of modules) {
    const request = requestOf(module);
    if (isForbidden(request)) faults.push(...projectImport(moduleGraph, module, request));
  }
  for (const { name, module, message } of errors) {
    const [, request] = /Can't resolve '([^']+)' in /.exec(message) ?? [];
    if (name !== 'ModuleNotFoundError' || !module || request === undefined) continue;
    const file = fileOf(module);
    if (file === null) faults.push(...projectImport(moduleGraph, module, request));
    else faults.push({ file, specifier: request, through: request });
  }
  return faults;
}

/** Goes up the chain of importers to the first file that is the project's own. */
function projectImport(graph: Compilation['moduleGraph'], module: Module, through: string): BundleFault[] {
  let below = module;
  for (let above = graph.getIssuer(below); above; above = graph.getIssuer(below)) {
    const file = fileOf(above);
    if (file !== null) return [{ file, specifier: requestOf(below), through }];
    below = above;
  }
  return [];
}

/** As its importer wrote it; what is left out of the bundle is known as `ignored|…|os`. */
function requestOf(module: Module): string {
  return typeof module.rawRequest === 'string' ? module.rawRequest : module.identifier().replace(/^.*\|/, '');
}

/** Path of a file that is no package's; null for others. */
function fileOf(module: Module): string | null {
  const { resource } = module;
  const own = typeof resource === 'string' && resource.startsWith('/') && !resource.includes('/node_modules/');
  return own ? resource : null;
}
