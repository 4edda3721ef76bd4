/** Lets as many in as their bytes fit; one that is larger than all of it goes alone. */
export interface ByteWindow {
  enter(bytes: number): Promise<void>;
  leave(bytes: number): void;
}

export function byteWindow(most: number): ByteWindow {
  const waiting: { readonly bytes: number; readonly go: () => void }[] = [];
  let inside = 0;
  const letIn = () => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (inside > 0 && inside + first.bytes > most) return;
      waiting.shift();
      inside += first.bytes;
      first.go();
    }
  };
  return {
    enter: (bytes) =>
      new Promise((go) => {
        waiting.push({ bytes, go });
        letIn();
      }),
    leave(bytes) {
      inside -= bytes;
      letIn();
    },
  };
}
