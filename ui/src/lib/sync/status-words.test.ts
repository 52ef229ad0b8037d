import { describe, expect, it } from 'vitest';
import { errorView } from '../backend';
import type { SyncStatus } from '../bindings/SyncStatus';
import { statusDetails, statusWords } from './status-words';

const NOW = new Date(2026, 10, 20, 14, 2).getTime();
const ONLINE: SyncStatus = {
  connection: 'online',
  since: NOW - 3_600_000,
  up_to_date_at: NOW,
  first_sync: null,
  unreadable_changes: 0,
  clock_skew_ms: null,
  problem: null,
};
const FIRST = { rows_done: 41_200, rows_total: 110_000, rows_per_s: 5200, remaining_s: 13 };

describe('the status line', () => {
  it.each<[string, Partial<SyncStatus>, string]>([
    ['Up to date, 14:02', {}, 'ok'],
    ['Syncing…', { up_to_date_at: null }, 'quiet'],
    ['First sync, 37%', { up_to_date_at: null, first_sync: FIRST }, 'quiet'],
    ['Connecting…', { connection: 'connecting' }, 'quiet'],
    ['Offline since 13:40', { connection: 'offline', since: NOW - 22 * 60_000 }, 'warn'],
    ['Offline since Yesterday, 13:40', { connection: 'offline', since: NOW - (24 * 60 + 22) * 60_000 }, 'warn'],
    ['Offline since 13:40', { connection: 'offline', since: NOW - 22 * 60_000, first_sync: FIRST }, 'warn'],
    ['This device was signed out', { connection: 'stopped', problem: errorView('session_revoked') }, 'bad'],
    ['Signed out by the server', { connection: 'stopped', problem: errorView('session_expired') }, 'bad'],
    ['Sync stopped', { connection: 'stopped' }, 'bad'],
  ])('says "%s"', (text, change, tone) => {
    expect(statusWords({ ...ONLINE, ...change }, NOW)).toEqual({ tone, text, also: null });
  });

  it('says so before anything is known', () => {
    expect(statusWords(null, NOW).text).toBe('Starting…');
  });

  it('never hides that changes could not be read, or that the clock is off', () => {
    expect(statusWords({ ...ONLINE, unreadable_changes: 1 }, NOW).also).toBe('1 change can’t be read');
    expect(statusWords({ ...ONLINE, unreadable_changes: 3, clock_skew_ms: 660_000 }, NOW).also).toBe('Clock is off');
  });

  it('says how many changes wait, while the server can’t be reached', () => {
    const offline: SyncStatus = { ...ONLINE, connection: 'offline' };
    expect(statusWords(offline, NOW, 3).also).toBe('3 changes wait to be sent');
    expect(statusWords({ ...offline, clock_skew_ms: 660_000 }, NOW, 1).also).toBe(
      '1 change waits to be sent · Clock is off',
    );
    expect(statusWords(ONLINE, NOW, 3).also).toBeNull();
    expect(statusWords(offline, NOW, 0).also).toBeNull();
  });
});

describe('the details', () => {
  it('tell which way the clock is off, and by how much', () => {
    const behind = statusDetails({ ...ONLINE, clock_skew_ms: -660_000 }, NOW).join(' ');
    expect(behind).toContain('11 min behind');
    expect(statusDetails({ ...ONLINE, clock_skew_ms: 7_200_000 }, NOW).join(' ')).toContain('2 h ahead');
  });

  it('claim nothing of completeness while the first sync runs', () => {
    const lines = statusDetails({ ...ONLINE, up_to_date_at: null, first_sync: FIRST }, NOW);
    expect(lines).toEqual(['Not yet up to date: the first sync is still running.']);
  });

  it('say what still works offline, and how old the data is', () => {
    const lines = statusDetails({ ...ONLINE, connection: 'offline' }, NOW);
    expect(lines[0]).toContain('work as usual');
    expect(lines[1]).toBe('Last up to date: 14:02');
  });
});
