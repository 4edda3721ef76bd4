import { existsSync, globSync } from 'node:fs';
import { resolve } from 'node:path';

/** What the option `pipelines` stands for. */
export interface PipelineFiles {
  /** As they stand in the config, or as a pattern found them: relative to its folder. */
  readonly files: readonly string[];
  /** Those of them that a pattern found: they may as well be helpers of a pipeline. */
  readonly matched: readonly string[];
  readonly problems: readonly string[];
}

/** Tests and declarations lie beside pipelines and are none. */
const noPipeline = /\.(?:test|spec|d)\.[cm]?[jt]s$/;

/**
 * Finds the files of `pipelines`: names, and patterns such as `pipelines/*.ts`, whose files come by name. A name that
 * is a file's is that file, whatever characters it has.
 */
export function findPipelineFiles(root: string, named: readonly string[]): PipelineFiles {
  const files = new Set<string>();
  const matched = new Set<string>();
  const problems: string[] = [];
  named.forEach((name, index) => {
    if (existsSync(resolve(root, name))) {
      files.add(name);
      return;
    }
    if (!/[*?[{]/.test(name)) {
      problems.push(`pipelines.${index}: there is no file ${name}`);
      return;
    }
    const found = globSync(name, { cwd: root }).filter((file) => /\.[cm]?[jt]s$/.test(file) && !noPipeline.test(file));
    if (found.length === 0) problems.push(`pipelines.${index}: no file is like ${name}`);
    for (const file of found.map((one) => one.replace(/^\.\//, '')).sort()) {
      if (!files.has(file)) matched.add(file);
      files.add(file);
    }
  });
  return { files: [...files], matched: [...matched].filter((file) => !named.includes(file)), problems };
}
