import { describe, expect, it } from 'vitest';

import type { ConversationRow } from '../bindings/ConversationRow';
import type { FieldEdit } from '../bindings/FieldEdit';
import type { FieldOutcome } from '../bindings/FieldOutcome';
import type { LeadEditRecord } from '../bindings/LeadEditRecord';
import type { LeadField } from '../bindings/LeadField';
import { at, message, move } from '../../test/conversation';
import { leadTimeline } from './timeline';

describe('leadTimeline', () => {
  const lead = { created_at: at('2026-11-14T10:00:00Z') };
  const conversation: ConversationRow = {
    id: 'c',
    lead_id: 'l',
    lead_name: 'Nora',
    stage_id: 'a',
    channel: 'whatsapp',
    status: 'open',
    assignee_id: null,
    preview: '',
    preview_direction: 'outbound',
    last_message_at: at('2026-11-17T10:00:00Z'),
    unread_count: 0,
    has_draft: false,
    reply_bar: null,
  };

  it('tells once a day who wrote on a channel, newest first, the enquiry last', () => {
    const messages = [
      message('a', '2026-11-15T10:00:00Z'),
      message('b', '2026-11-15T11:00:00Z'),
      message('c', '2026-11-15T12:00:00Z', 'outbound'),
      message('d', '2026-11-16T10:00:00Z'),
    ];
    const entries = leadTimeline(
      lead,
      [move('m', '2026-11-14T10:00:00Z')],
      [],
      [conversation],
      messages,
      'Europe/Lisbon',
    );
    expect(entries.map((entry) => `${entry.kind} ${entry.key}`)).toEqual([
      'wrote d',
      'talked c',
      'moved m',
      'enquired enquired',
    ]);
  });

  it('tells of edits what moves do not say, and of a move what could not be', () => {
    const change = (field: LeadField, outcome: FieldOutcome): FieldEdit => ({
      field,
      from: { text: '' },
      to: { text: 'x' },
      outcome,
    });
    const edit = (id: string, day: number, changes: FieldEdit[]): LeadEditRecord => ({
      id,
      lead_id: 'l',
      member_id: 'm',
      at: at(`2026-11-${day}T10:00:00Z`),
      changes,
    });
    const edits = [
      edit('a', 15, [change('stage_id', 'applied')]),
      edit('b', 16, [change('stage_id', 'superseded'), change('notes', 'conflict')]),
      edit('c', 17, [change('stage_id', 'conflict')]),
    ];
    const entries = leadTimeline(lead, [], edits, [], [], 'Europe/Lisbon');
    expect(entries.map((one) => [one.key, one.kind === 'edited' ? one.changes.map(({ field }) => field) : []])).toEqual(
      [
        ['c', ['stage_id']],
        ['b', ['notes']],
        ['enquired', []],
      ],
    );
  });

  it('tells the last word of a conversation whose messages are not held', () => {
    const entries = leadTimeline(lead, [], [], [conversation], [], 'Europe/Lisbon');
    expect(entries.map((entry) => entry.kind)).toEqual(['replied', 'enquired']);
  });
});
