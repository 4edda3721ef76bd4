/** What a page hears: server-sent events, as a browser reads them. */
export interface Heard {
  readonly event: string;
  readonly value: unknown;
}

/** Listens until `close`. */
export function listenTo(url: string): { readonly heard: Heard[]; close(): void } {
  const heard: Heard[] = [];
  const stop = new AbortController();
  void (async () => {
    const response = await fetch(url, { signal: stop.signal });
    let rest = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
        if (event !== undefined && data !== undefined) heard.push({ event, value: JSON.parse(data) });
      }
    }
  })().catch(() => {});
  return { heard, close: () => stop.abort() };
}
