import { shortDigest } from '../format.ts';
import { pageLink } from '../route.ts';

/** Copies `text`; the page's one listener does it, so that this is markup only. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  return (
    <button type="button" class="copy" data-copy={text} aria-label={`copy ${what}`} title={`copy ${what}`}>
      <svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
        <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
        <path d="M10.5 3.5v-.5a1 1 0 0 0-1-1H3a1 1 0 0 0-1 1v6.500a1 1 0 0 0 1 1h.5" />
      </svg>
    </button>
  );
}

/** The first digits of a digest, the whole on hover and in the clipboard. */
export function Digest({ digest, link = false }: { digest: string; link?: boolean }) {
  const text = shortDigest(digest);
  return (
    <span class="digest">
      {link ? (
        <a class="mono" href={pageLink({ page: 'artifact', digest })} title={digest}>
          {text}
        </a>
      ) : (
        <code title={digest}>{text}</code>
      )}
      <CopyButton text={digest} what={`digest ${text}`} />
    </span>
  );
}

/** A command to be typed, copied by one press. */
export function Command({ text }: { text: string }) {
  return (
    <span class="command">
      <code>{text}</code>
      <CopyButton text={text} what="command" />
    </span>
  );
}
