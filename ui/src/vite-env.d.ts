/// <reference types="svelte" />
/// <reference types="vite/client" />

/** Whether this build contains the desk in memory. False in a release. */
declare const __WITH_FAKE__: boolean;
