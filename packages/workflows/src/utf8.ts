/** In Temporal's sandbox as in Node; only the language's own library of types does not have it. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
