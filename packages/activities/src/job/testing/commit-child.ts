/** Claims a line, commits one checkpoint, and dies by SIGKILL before its n-th change to the disk. */
import { fileStore } from '../../store/file-store.ts';
import { claimLine } from '../checkpoints/checkpoint-line.ts';
import { claimOf, digests } from './line.ts';

const [root = '', directory = '', dieAt = '0'] = process.argv.slice(2);
let writes = 0;
const store = fileStore(root, {
  onWrite: () => {
    writes += 1;
    if (writes === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
  },
});
const line = await claimLine(store, 'line', { claim: claimOf(2), digests, resume: 'same', keep: 1 });
await line.commit(20, directory);
process.stdout.write(String(writes));
