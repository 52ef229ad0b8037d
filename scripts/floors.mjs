// Checks the floors of docs/ARCHITECTURE.md: each crate depends only on crates of floors below its own.
// Which outside crates a floor may know (tauri, rusqlite, reqwest, keyring) is in deny.toml.
//   cargo metadata --no-deps --format-version 1 | node scripts/floors.mjs

import { readFileSync } from 'node:fs';

const FLOORS = new Map([
  ['frontdesk-domain', 0],
  ['frontdesk-wire', 1],
  ['frontdesk-vault', 2],
  ['frontdesk-store', 2],
  ['frontdesk-api-client', 2],
  ['frontdesk-export', 2],
  ['frontdesk-sync', 3],
  ['frontdesk-import', 3],
  ['frontdesk-desk', 4],
  ['frontdesk', 5],
]);

// The hosted API shares types and the protocol with the client, and nothing else.
const SERVER_MAY_USE = new Set(['frontdesk-domain', 'frontdesk-wire']);

// Test support stands on top of everything.
const TEST_SUPPORT = new Set([
  'frontdesk-testkit',
  'frontdesk-acceptance',
  'frontdesk-e2e',
  'frontdesk-simulation',
  'frontdesk-bench',
  'frontdesk-bench-bare',
  'frontdesk-bench-plain',
  'frontdesk-torture',
  'frontdesk-fuzzing',
  'frontdesk-canaries',
]);

/** Why `crate` may not depend on `dependency`, or null when it may. */
function refusal(crate, dependency) {
  if (TEST_SUPPORT.has(crate)) return null;
  if (TEST_SUPPORT.has(dependency)) return 'test support never ships';
  if (crate === 'frontdesk-server') {
    return SERVER_MAY_USE.has(dependency) ? null : 'the server knows domain and wire only';
  }
  const own = FLOORS.get(crate);
  const other = FLOORS.get(dependency);
  if (other === undefined) return 'it has no floor';
  return other < own ? null : `floor ${own} may not know floor ${other}`;
}

const { packages } = JSON.parse(readFileSync(0, 'utf8'));
const ours = new Set(packages.map(({ name }) => name));
const faults = [];
for (const { name, dependencies } of packages) {
  if (!FLOORS.has(name) && !TEST_SUPPORT.has(name) && name !== 'frontdesk-server') {
    faults.push(`${name} has no floor: give it one in scripts/floors.mjs`);
    continue;
  }
  for (const dependency of dependencies) {
    const reason = ours.has(dependency.name) ? refusal(name, dependency.name) : null;
    if (reason) faults.push(`${name} -> ${dependency.name}: ${reason}`);
  }
}
for (const fault of faults) console.error(fault);
console.log(`floors ${faults.length === 0 ? 'ok' : 'FAILED'}: ${packages.length} crates`);
process.exitCode = faults.length === 0 ? 0 : 1;
