import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Kills every process group it was told of and not told to forget, once nobody can tell it anything any more. It
 * reads lines: `+ <group>`, `- <group>`.
 */
const SCRIPT = `
live=' '
while read -r what group; do
  case $what in
    +) live="$live$group " ;;
    -) case $live in *" $group "*) live="\${live%%" $group "*} \${live#*" $group "}" ;; esac ;;
  esac
done
for group in $live; do kill -s KILL -- "-$group"; done
`;

const groups = new Set<number>();
let executor: ChildProcess | null = null;

/**
 * Has a process group killed as soon as this process is dead, even by SIGKILL: by a shell that waits for the end of
 * a pipe. Where there is no `sh`, the next worker kills what is left.
 *
 * @returns what to call once the group is gone
 */
export function killAfterUs(group: number): () => void {
  groups.add(group);
  if (executor === null) executor = startExecutor();
  else tell(executor, '+', group);
  return () => {
    if (groups.delete(group) && executor !== null) tell(executor, '-', group);
  };
}

function startExecutor(): ChildProcess {
  // In a session of its own, so that no Ctrl-C ends it before us, and in no folder that somebody may want to remove.
  const child = spawn('sh', ['-c', SCRIPT], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const lost = (): void => {
    if (executor === child) executor = null;
  };
  child.once('error', lost);
  child.once('exit', lost); // the next group starts another, which is told of all
  child.stdin?.on('error', () => {}); // its exit follows
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  for (const group of groups) tell(child, '+', group);
  return child;
}

function tell(child: ChildProcess, what: '+' | '-', group: number): void {
  child.stdin?.write(`${what} ${group}\n`);
}
