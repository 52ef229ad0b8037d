// A release holds nothing of the desk in memory, nothing remote, nothing inline. Fails the build otherwise.

import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const files = (await readdir(dist, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
const faults = [];

/** Words that only the made-up studio has. */
const FAKE = ['Lumen Studio', 'Nora Lindqvist', 'lumen.example', 'studio-lumen', 'fakeFromLocation', '7700900'];

for (const file of files) {
  const name = path.join(file.parentPath, file.name);
  const shown = path.relative(dist, name);
  if (/fake/i.test(shown)) faults.push(`${shown}: a file of the desk in memory`);
  if (!/\.(js|css|html)$/.test(name)) continue;
  const text = await readFile(name, 'utf8');
  for (const word of FAKE) if (text.includes(word)) faults.push(`${shown}: holds "${word}" of the desk in memory`);
  if (name.endsWith('.html')) {
    if (/<script(?![^>]*\bsrc=)[^>]*>/.test(text)) faults.push(`${shown}: an inline script`);
    if (/<style|\sstyle=/.test(text)) faults.push(`${shown}: an inline style`);
    if (/\son[a-z]+=/.test(text)) faults.push(`${shown}: an inline handler`);
    if (/(?:src|href)="(?:https?:)?\/\//.test(text)) faults.push(`${shown}: something remote`);
  }
  if (name.endsWith('.css') && /url\(\s*['"]?(?:https?:|\/\/|data:)/.test(text))
    faults.push(`${shown}: a remote or inlined url`);
}

if (files.length === 0) faults.push('nothing was built');
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(`release: ${files.length} files, nothing of the desk in memory, nothing remote or inline`);
