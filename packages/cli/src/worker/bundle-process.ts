/** Program that bundles workflow code for `workflowBundle`: order as its argument, answer as a message. */
import { existsSync } from 'node:fs';
import { type BundleOptions, bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

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

export type BundleAnswer = ({ readonly ok: true } & Bundled) | { readonly ok: false; readonly why: string };

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

process.on('disconnect', () => process.exit(1));
const answer = await bundle(JSON.parse(process.argv[2] ?? '') as BundleOrder);
process.send?.(answer, () => process.exit(0));

async function bundle(order: BundleOrder): Promise<BundleAnswer> {
  let files: string[] = [];
  const messages: string[] = [];
  try {
    const { code } = await bundleWorkflowCode({
      workflowsPath: order.entryPath,
      workflowInterceptorModules: order.interceptors,
      preloadModules: order.preload,
      logger: new DefaultLogger('ERROR', ({ message }) => void messages.push(message)),
      webpackConfigHook: (config) => asOrdered(config, order, (found) => (files = found)),
    });
    return { ok: true, code, files };
  } catch (error) {
    return { ok: false, why: [...messages, error instanceof Error ? error.message : String(error)].join('\n') };
  }
}

function asOrdered(config: WebpackConfig, order: BundleOrder, onFiles: (files: string[]) => void): WebpackConfig {
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
        compiler.hooks.done.tap('sluice', ({ compilation }) => {
          onFiles([...compilation.fileDependencies].filter((file) => existsSync(file)));
        });
      },
    },
  ];
  return config;
}
