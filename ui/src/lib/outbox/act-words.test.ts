import { describe, expect, it } from 'vitest';

import { useBackend } from '../backend';
import { createFake } from '../backend/fake';
import { session } from '../session/session.svelte';
import { strings } from '../strings/outbox';
import { actWords, refusalWords, stateWords, whyWords, writtenText } from './act-words';

const change = { field: 'notes', from: { text: '' }, to: { text: 'Rang.' } } as const;

describe('an act in words', () => {
  it('names the first field and keeps the others', () => {
    const words = actWords({
      lead_edited: {
        lead_id: 'l',
        lead_name: 'Nora',
        changes: [change, { field: 'tags', from: { tags: [] }, to: { tags: ['VIP', 'Family'] } }],
      },
    });
    expect(words).toMatchObject({ verb: 'Notes of', name: 'Nora', leadId: 'l', text: null });
    expect(writtenText(words)).toBe('Rang.\n\nVIP, Family');
  });

  it('knows every kind of act', () => {
    expect(actWords({ lead_created: { lead_id: 'l', name: 'Nora' } })).toMatchObject({ verb: strings.created });
    const merged = { lead_id: 'l', lead_name: null, duplicate_name: null };
    expect(actWords({ leads_merged: merged })).toMatchObject({ verb: strings.merged(strings.unnamed), name: null });
    const replied = actWords({ replied: { conversation_id: 'c', lead_name: 'Nora', body: 'Hello' } });
    expect(replied).toMatchObject({ verb: strings.replied, leadId: null });
    expect(writtenText(replied)).toBe('Hello');
  });

  it('copies no ids', () => {
    const moved = { field: 'stage_id', from: { stage: 'a' }, to: { stage: 'b' } } as const;
    expect(writtenText({ changes: [moved, change], text: null })).toBe('Rang.');
  });
});

describe('one of the studio’s own fields', () => {
  it('is named in acts and refusals, with its value in words', async () => {
    await useBackend(createFake({ leads: 1 }));
    const stop = await session.begin();
    const packed = {
      field: { custom: 'field-package' },
      from: { custom: null },
      to: { custom: { choice: 'option-silver' } },
    } as const;
    const words = actWords({ lead_edited: { lead_id: 'l', lead_name: 'Nora', changes: [packed] } });
    expect(words.verb).toBe(strings.of('Package'));
    expect(writtenText(words)).toBe('Silver');
    expect(refusalWords({ invalid: 'custom.field-package' })).toBe(strings.refusals.invalidField('Package'));
    expect(refusalWords({ invalid: 'custom.unheard-of' })).toBe(strings.refusals.invalid);
    await session.signOut('lose');
    stop();
  });
});

describe('a refusal in words', () => {
  it('names the field that is to blame', () => {
    expect(refusalWords({ invalid: 'email' })).toBe(strings.refusals.invalidField('e-mail'));
    expect(refusalWords({ invalid: 'tags[3]' })).toBe(strings.refusals.invalidField('tags'));
    expect(refusalWords({ invalid: 'unheard_of' })).toBe(strings.refusals.invalid);
    expect(refusalWords({ invalid: null })).toBe(strings.refusals.invalid);
  });

  it('does not send one to edit a lead that was never taken', () => {
    const act = { lead_created: { lead_id: 'l', name: 'Nora' } };
    expect(whyWords({ act, state: { refused: { invalid: 'stage_id' } } })).toBe(strings.refusals.createdInvalid);
    expect(whyWords({ act, state: { refused: { other: 'taken' } } })).toBe(strings.refusals.taken);
    expect(whyWords({ act, state: 'waiting' })).toBe(strings.waiting);
  });

  it('says what to do', () => {
    expect(refusalWords({ other: 'too_large' })).toBe(strings.refusals.too_large);
    expect(refusalWords({ other: 'other_act' })).toBe(strings.refusals.other);
    expect(stateWords({ refused: 'not_found' })).toBe(strings.refusals.not_found);
    expect(stateWords('held')).toBe(strings.held);
  });
});
