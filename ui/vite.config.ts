/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vite';

// Mode `fake` is for development in a browser and for the axe run: the desk is played by `backend/fake.ts`.
// A release knows nothing of it; `scripts/check-release.mjs` looks.
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), svelteTesting()],
  define: { __WITH_FAKE__: JSON.stringify(mode === 'fake' || mode === 'test') },
  server: { port: 5173, strictPort: false },
  build: {
    outDir: mode === 'fake' ? 'dist-fake' : 'dist',
    emptyOutDir: true,
    target: ['safari17', 'chrome120'],
    // The content security policy is `default-src 'self'`: no data: fonts or pictures, no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  test: {
    environment: 'jsdom',
    pool: 'threads',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/test/setup.ts'],
    restoreMocks: true,
  },
}));
