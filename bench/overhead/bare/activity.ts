import { spawn } from 'node:child_process';

/** Starts `python <script>` and waits for its exit: nothing else. */
export async function runPython(script: string): Promise<void> {
  const python = process.env.BENCH_PYTHON ?? 'python3';
  await new Promise<void>((done, failed) => {
    const child = spawn(python, [script], { stdio: 'ignore' });
    child.once('error', failed);
    child.once('exit', (code, signal) => (code === 0 ? done() : failed(new Error(`it ended with ${signal ?? code}`))));
  });
}
