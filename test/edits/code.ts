import { fileURLToPath } from 'node:url';
import { workflowCode } from '../harness/workflow-code.ts';
import type { Program } from './program.ts';

/** Keys up to which a map stays in its workflow here, so that children come with few keys. */
export const INLINE = 6;

let template: Promise<string> | undefined;

/** Workflow code with these programs as pipelines, by name: bundled once, and then only the programs are others. */
export async function codeOf(programs: Readonly<Record<string, Program>>): Promise<{ code: string }> {
  template ??= workflowCode(fileURLToPath(new URL('./pipelines.ts', import.meta.url))).then(({ code }) => code);
  const text = JSON.stringify(JSON.stringify(programs));
  const code = replaced(await template, /(['"])%PROGRAMS%\1/g, text);
  return { code: replaced(code, /INLINE_KEYS = 500\b/g, `INLINE_KEYS = ${INLINE}`) };
}

function replaced(code: string, what: RegExp, by: string): string {
  if (code.match(what)?.length !== 1) throw new Error(`The bundle does not have ${what} once.`);
  return code.replace(what, () => by);
}
