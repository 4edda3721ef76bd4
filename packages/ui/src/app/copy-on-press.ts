/** Lets every button with `data-copy` copy that text, and tells so to eyes and ears. */
export function copyOnPress(document: Document): void {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-copy]') : null;
    if (button === null) return;
    void navigator.clipboard.writeText(button.dataset.copy ?? '').then(
      () => tell(document, button, 'copied'),
      () => tell(document, button, 'the browser does not let this page copy'),
    );
  });
}

function tell(document: Document, button: HTMLElement, words: string): void {
  const status = document.getElementById('copied');
  if (status !== null) status.textContent = words;
  button.classList.add('copied');
  setTimeout(() => {
    button.classList.remove('copied');
    if (status !== null) status.textContent = '';
  }, 1500);
}
