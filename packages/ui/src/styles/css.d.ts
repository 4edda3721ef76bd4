/** A stylesheet that the bundler gathers. */
declare module '*.css';
