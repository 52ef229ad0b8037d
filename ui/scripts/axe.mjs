// Opens every screen of the build with the desk in memory, light and dark, under the content security policy of the
// shell, and runs axe-core. Fails on any violation, any error in the console, and any request that leaves the machine.
// Then walks the keyboard's ways through it. `npm run axe -- palette settings` takes only the screens and ways whose
// names contain a word. Pictures go to `axe-output/`.

import { createServer } from 'node:http';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { SCREENS } from './screens.mjs';
import { testid } from './steps.mjs';
import { WALKS } from './walks.mjs';

const ROOT = fileURLToPath(new URL('../dist-fake/', import.meta.url));
const PICTURES = fileURLToPath(new URL('../axe-output/', import.meta.url));
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const CSP = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Everything WCAG 2.2 AA asks for, and axe's best practices. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** In the dark a screen is the same but for its colours, which two of the rules look at. */
const RULES = {
  light: { type: 'tag', values: TAGS },
  dark: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
};
const NOW = new Date('2026-11-20T14:02:00Z');
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

function serve() {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = path.join(ROOT, pathname === '/' ? 'index.html' : path.normalize(pathname));
    if (!file.startsWith(ROOT)) return void response.writeHead(404).end();
    try {
      const body = await readFile(file);
      response.writeHead(200, {
        'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
        'content-security-policy': CSP,
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const words = process.argv.slice(2);
const isWanted = ({ name }) => words.length === 0 || words.some((word) => name.includes(word));
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
await mkdir(PICTURES, { recursive: true });
const server = await serve();
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--force-color-profile=srgb'],
});

let passed = 0;
const failures = [];

/** Opens a place of the desk in memory in a fresh window, does something there, and counts what was at fault. */
async function visit(context, name, { at, until }, act) {
  const faults = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) faults.push(`left the machine: ${request.url()}`);
  });
  try {
    await page.clock.setFixedTime(NOW);
    await page.goto(`${origin}/${at}`);
    await page.waitForSelector(testid(until), { timeout: 10_000 });
    faults.push(...((await act(page)) ?? []));
  } catch (error) {
    faults.push(`went wrong: ${error.message}`);
    await page.screenshot({ path: path.join(PICTURES, `${name}.png`) }).catch(() => undefined);
  }
  await page.close();
  if (faults.length === 0) passed++;
  else failures.push(name);
  console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  for (const fault of faults) console.log(`    ${fault}`);
}

/** Takes the picture and runs axe-core; gives its violations. */
async function inspect(page, name, colorScheme) {
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  // Two frames: what was just drawn is laid out.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`) });
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(
    (rules) => window.axe.run({ runOnly: rules, resultTypes: ['violations'] }),
    RULES[colorScheme],
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `axe ${id}: ${help}\n      ${node.html.slice(0, 160)}\n      ${node.any[0]?.message ?? ''}`),
  );
}

async function newContext(colorScheme) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Lisbon',
  });
  context.setDefaultTimeout(10_000);
  return context;
}

/** What is to be done, each in a window of its own. */
const visits = [
  ...['light', 'dark'].flatMap((colorScheme) =>
    SCREENS.filter(isWanted).map((screen) => {
      const name = `${screen.name}-${colorScheme}`;
      const act = async (page) => {
        for (const step of screen.steps ?? []) await step(page);
        return await inspect(page, name, colorScheme);
      };
      return { colorScheme, name, screen, act };
    }),
  ),
  ...WALKS.filter(isWanted).map((walk) => ({
    colorScheme: 'light',
    name: `keys-${walk.name}`,
    screen: walk,
    act: (page) => walk.go(page),
  })),
];

/** Takes one after the other, as long as there are any. */
async function work() {
  for (let next = visits.shift(); next !== undefined; next = visits.shift()) {
    const context = await newContext(next.colorScheme);
    await visit(context, next.name, next.screen, next.act);
    await context.close();
  }
}
// As many side by side as there are cores: most of the time is axe-core's, within one window.
await Promise.all(Array.from({ length: availableParallelism() }, work));

await browser.close();
server.close();
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 && passed > 0 ? 0 : 1);
