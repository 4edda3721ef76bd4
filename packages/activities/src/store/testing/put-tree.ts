/** Stores a directory and dies by SIGKILL before the n-th step that changes the disk: `put-tree.ts STORE DIR N`. */
import { fileStore } from '../file-store.ts';

const [root = '', directory = '', last = ''] = process.argv.slice(2);
let steps = 0;
const store = fileStore(root, {
  onWrite() {
    steps += 1;
    if (steps === Number(last)) process.kill(process.pid, 'SIGKILL');
  },
});
const artifact = await store.putTree(directory, 'checkpoint', 'line');
process.stdout.write(JSON.stringify({ artifact, steps }));
