/** Collects garbage in a store, and dies by SIGKILL before the n-th step that changes the disk: `collect-child.ts STORE N`. */
import { join } from 'node:path';
import { fileStore } from '../../store/file-store.ts';
import { collectGarbage } from '../collect.ts';
import { collecting } from './options.ts';

const [root = '', last = ''] = process.argv.slice(2);
let steps = 0;
const store = fileStore(root, {
  onWrite() {
    steps += 1;
    if (steps === Number(last)) process.kill(process.pid, 'SIGKILL');
  },
});
const kinds = await collectGarbage(collecting(store, join(root, '.sluice')));
process.stdout.write(JSON.stringify({ kinds, steps }));
