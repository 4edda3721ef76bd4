import '../styles/index.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { copyOnPress } from './copy-on-press.ts';

const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  copyOnPress(document);
  render(<App />, root);
}
