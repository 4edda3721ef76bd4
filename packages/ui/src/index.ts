/** The pages of `sluice ui` as files to serve, and the links to them. Runs in Node. */
export { reportStyle, type UiAsset, type UiAssets, uiAssets } from './build/assets.ts';
export { pageLink, type Route } from './route.ts';
