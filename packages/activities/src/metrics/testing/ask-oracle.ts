import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ParityTask } from './parity-task.ts';

export interface OracleAnswers {
  /** Versions of the reference libraries. */
  readonly versions: Readonly<Record<string, string>>;
  /** An answer for each task. */
  readonly answers: readonly unknown[];
}

/** Has the reference libraries compute the tasks. @param python an interpreter that has them */
export function askOracle(python: string, tasks: readonly ParityTask[]): Promise<OracleAnswers> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(import.meta.dirname, 'oracle.py')], { stdio: ['pipe', 'pipe', 'pipe'] });
    let [said, complained] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complained += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      const lines = said.split('\n').filter((line) => line !== '');
      if (code !== 0 || lines.length !== tasks.length + 1) {
        reject(new Error(`oracle.py ended with ${code} after ${lines.length} lines:\n${complained.slice(-2000)}`));
        return;
      }
      const [versions, ...answers] = lines.map((line) => JSON.parse(line));
      resolve({ versions, answers });
    });
    child.stdin.on('error', () => {}); // Its end is told by `close`.
    child.stdin.end(tasks.map(({ ask }) => `${JSON.stringify(ask)}\n`).join(''));
  });
}
