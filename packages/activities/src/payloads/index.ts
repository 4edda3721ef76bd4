/** How a project's data crosses Temporal. Light: it loads nothing else of this package. */
export { payloadOpener } from './open-payload.ts';
export { projectConverter } from './project-converter.ts';
