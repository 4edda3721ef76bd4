import { spawnSync } from 'node:child_process';

/** Ways to run a program in namespaces of its own; which one is allowed depends on who runs the tests. */
const WAYS = [['unshare'], ['unshare', '--user', '--map-root-user'], ['sudo', '-n', 'unshare']] as const;

const APART = { net: ['--net'], pid: ['--pid', '--fork', '--kill-child'] } as const;

/** The command that runs `command` with a network, or process ids, of its own, as a container does. */
export function inNamespace(kind: keyof typeof APART, command: readonly string[]): [string, ...string[]] {
  for (const [program, ...args] of WAYS) {
    const way = [...args, ...APART[kind], '--'];
    if (spawnSync(program, [...way, 'true'], { stdio: 'ignore' }).status === 0) return [program, ...way, ...command];
  }
  throw new Error('This test needs unshare(1), as root, with user namespaces, or by sudo without a password.');
}
