import { describe, expect, it } from 'vitest';
import { SHORTCUTS } from '../app/shortcuts';
import type { MessageHit } from '../bindings/MessageHit';
import type { SearchResults } from '../bindings/SearchResults';
import { beginNearHit, groupEntries, matchActions, moveActive } from './entries';

const RESULTS: SearchResults = {
  leads: [],
  more_leads: false,
  messages: [],
  more_messages: false,
  coverage: { leads: 8412, messages: 18_204, is_complete: true, messages_searched: true },
  elapsed_us: 6100,
};

const headings = (results: SearchResults): (string | null)[] => groupEntries(results, []).map((g) => g.coverage);

describe('coverage', () => {
  it('says that all was searched, and how fast', () => {
    expect(headings(RESULTS)).toEqual(['all 18,204 searched in 6 ms', 'all 8,412 searched']);
  });

  it('says so while the first sync is still bringing rows', () => {
    const coverage = { ...RESULTS.coverage, messages: 900, leads: 40, is_complete: false };
    expect(headings({ ...RESULTS, coverage })).toEqual([
      'first sync still running: 900 searched so far',
      'first sync still running: 40 searched so far',
    ]);
  });

  it('does not call messages searched when the words were too short for it', () => {
    const coverage = { ...RESULTS.coverage, messages_searched: false };
    const [messages] = groupEntries({ ...RESULTS, coverage }, []);
    expect(messages?.coverage).toBe('type three letters to search messages');
    expect(messages?.note).toBeNull();
  });

  it('says below the hits that there may be more, and does not say "none" where there may be some', () => {
    const notes = (results: SearchResults): (string | null)[] => groupEntries(results, []).map((g) => g.note);
    expect(notes(RESULTS)).toEqual(['No message has these words', 'No lead has this name, phone or e-mail']);
    const more = { ...RESULTS, more_leads: true, more_messages: true };
    const none = 'None among those looked at: longer words reach further';
    expect(notes(more)).toEqual([none, none]);
    const messages = [{ message_id: 'm' } as MessageHit];
    const note = 'There may be more: another word narrows it down';
    expect(notes({ ...more, messages })).toEqual([note, none]);
    expect(notes({ ...RESULTS, messages })[0]).toBeNull();
    const coverage = { ...RESULTS.coverage, messages_searched: false };
    expect(notes({ ...RESULTS, coverage })[0]).toBeNull();
  });
});

describe('actions', () => {
  it('match by every word, in any order, and are marked where they match', () => {
    const hits = matchActions(SHORTCUTS, 'now lock');
    expect(hits.map((hit) => hit.action.id)).toEqual(['app.lock']);
    expect(hits[0]?.spans).toEqual([
      { start: 0, end: 4 },
      { start: 5, end: 8 },
    ]);
  });

  it('are all there when nothing is typed, and none when nothing matches', () => {
    expect(matchActions(SHORTCUTS, '  ')).toHaveLength(SHORTCUTS.length);
    expect(matchActions(SHORTCUTS, 'zzz')).toEqual([]);
  });

  it('never mark one letter twice', () => {
    const [hit] = matchActions(SHORTCUTS, 'zoom zo oom in');
    expect(hit?.spans).toEqual([
      { start: 0, end: 4 },
      { start: 5, end: 7 },
    ]);
  });
});

describe('beginNearHit', () => {
  it('leaves a text alone whose hit is in sight', () => {
    const spans = [{ start: 3, end: 6 }];
    expect(beginNearHit('on Saturday', spans)).toEqual({ text: 'on Saturday', spans });
  });

  it('begins at a word before a far hit, and the mark stays on the same letters', () => {
    const text = `${'word '.repeat(20)}could we do Saturday`;
    const start = text.indexOf('Sat');
    const near = beginNearHit(text, [{ start, end: start + 3 }]);
    const [span] = near.spans;
    expect(near.text.startsWith('…')).toBe(true);
    expect(near.text.length).toBeLessThan(50);
    expect(near.text.slice(span?.start, span?.end)).toBe('Sat');
  });
});

describe('beginNearHit in scripts without spaces', () => {
  it('begins between two letters, and leaves room for their width', () => {
    const text = `${'你好'.repeat(40)}明天${'见'.repeat(20)}`;
    const near = beginNearHit(text, [{ start: 80, end: 82 }]);
    expect(near).toEqual({ text: `…${'你好'.repeat(7)}明天${'见'.repeat(20)}`, spans: [{ start: 15, end: 17 }] });
  });

  it('never begins in the middle of a letter', () => {
    const text = `${'😀'.repeat(40)}明天`;
    expect(beginNearHit(text, [{ start: 80, end: 82 }])).toEqual({ text: '…明天', spans: [{ start: 1, end: 3 }] });
  });
});

describe('moveActive', () => {
  it('goes around at both ends', () => {
    expect(moveActive(2, 1, 3)).toBe(0);
    expect(moveActive(0, -1, 3)).toBe(2);
    expect(moveActive(0, 1, 0)).toBe(-1);
  });
});
