/** Adds 1 to a pointer until it has won `N` times, then tells how often it lost: `swap-pointer.ts STORE KEY N`. */
import { fileStore } from '../file-store.ts';

const [root = '', key = '', times = ''] = process.argv.slice(2);
const store = fileStore(root);
let losses = 0;
for (let wins = 0; wins < Number(times); ) {
  const now = await store.readPointer(key);
  const won = await store.swapPointer(key, now?.version ?? null, String(Number(now?.value ?? 0) + 1));
  if (won === null) losses += 1;
  else wins += 1;
}
process.stdout.write(String(losses));
