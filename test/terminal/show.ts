import { execFileSync } from 'node:child_process';
import { onInterrupt } from '../../packages/cli/src/commands/interrupt.ts';
import { terminalIo } from '../../packages/cli/src/commands/io.ts';
import { diff } from '../../packages/cli/src/follow/diff.ts';
import { ttyRenderer } from '../../packages/cli/src/follow/tty-renderer.ts';
import { followed, printed } from './scenes.ts';

/**
 * Shows one scene in the terminal that it is run in, by the command's own renderers and a clock that stands still, and
 * says on tmux's channel `drawn` when it is done. A followed run stays on the screen until Ctrl-C, as it does for people.
 */
const [scene = '', socket = ''] = process.argv.slice(2);
const tell = (channel: string) => execFileSync('tmux', ['-L', socket, 'wait-for', '-S', channel]);
const io = terminalIo({ json: false });

const looks = followed[scene]?.();
if (looks === undefined) {
  for (const line of printed[scene]?.(io) ?? [`there is no scene ${scene}`]) io.line(line);
} else {
  const interrupt = onInterrupt();
  let now = 0;
  const renderer = ttyRenderer(process.stdout, io.paint, () => now);
  let former = null;
  for (const look of looks) {
    now = look.at;
    for (const event of diff(former, look)) renderer.event(event);
    renderer.snapshot(look);
    former = look;
  }
  tell('drawn');
  const alive = setInterval(() => {}, 1000);
  // A terminal that is closed ends what runs in it.
  process.once('SIGHUP', () => process.exit());
  await interrupt.aborted;
  clearInterval(alive);
  interrupt.release();
  renderer.close();
  io.note('The run goes on.');
}
tell(looks === undefined ? 'drawn' : 'ended');
setInterval(() => {}, 1000);
