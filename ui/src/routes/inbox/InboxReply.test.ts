import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import InboxScreen from './InboxScreen.svelte';
import { useBackend, type Backend } from '../../lib/backend';
import { createFake, type FakeOptions } from '../../lib/backend/fake';
import { replyDrafts } from '../../lib/inbox/reply-drafts.svelte';
import { session } from '../../lib/session/session.svelte';
import { strings } from '../../lib/strings/reply';
import { sync } from '../../lib/sync/sync.svelte';

const FIRST = 'conversation-0000000';
let desk: Backend;
let stop: (() => void)[] = [];

async function open(options: Partial<FakeOptions>, conversationId = FIRST): Promise<void> {
  desk = createFake({ leads: 40, ...options });
  vi.spyOn(desk, 'reply');
  await useBackend(desk);
  stop = [await session.begin(), sync.begin()];
  render(InboxScreen, { conversationId, messageId: null });
  await screen.findAllByTestId('message');
}

async function type(text: string): Promise<HTMLTextAreaElement> {
  const input = await screen.findByTestId<HTMLTextAreaElement>('composer-input');
  await waitFor(() => {
    expect(input.readOnly).toBe(false);
  });
  await fireEvent.input(input, { target: { value: text } });
  return input;
}

const bubbles = (): HTMLElement[] => screen.getAllByTestId('message');

beforeEach(() => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
  );
});

afterEach(async () => {
  cleanup();
  vi.unstubAllGlobals();
  await session.lock();
  for (const end of stop) end();
});

describe('an answer', () => {
  it('is sent by Ctrl+Enter and by no other Enter, is shown, and leaves no draft', async () => {
    await open({});
    const input = await type('Yes, gladly.');
    await fireEvent.keyDown(input, { key: 'Enter' });
    await fireEvent.keyDown(input, { key: 'Enter', shiftKey: true });
    expect(desk.reply).not.toHaveBeenCalled();
    await fireEvent.keyDown(input, { key: 'Enter', ctrlKey: true });
    expect(desk.reply).toHaveBeenCalledExactlyOnceWith(FIRST, 'Yes, gladly.');
    await waitFor(() => {
      expect(bubbles().at(-1)?.textContent).toContain('Yes, gladly.');
    });
    expect(input.value).toBe('');
    expect(await desk.draft(FIRST)).toBeNull();
    await waitFor(() => {
      expect(bubbles().at(-1)?.dataset['unsent']).toBeUndefined();
    });
    expect(bubbles().at(-1)?.dataset['status']).toBe('queued');
  });

  it('that says nothing is not sent', async () => {
    await open({});
    const input = await type(' \n ');
    await fireEvent.keyDown(input, { key: 'Enter', metaKey: true });
    await fireEvent.click(screen.getByTestId('composer-send'));
    expect(desk.reply).not.toHaveBeenCalled();
    expect(screen.getByTestId('composer-send').getAttribute('aria-disabled')).toBe('true');
  });

  it('that is too long says by how much, before it is', async () => {
    await open({});
    await type('x'.repeat(65_000));
    expect(screen.getByTestId('composer-left').textContent).toContain('536');
    const input = await type('x'.repeat(65_537));
    expect(input.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByTestId('composer-left').textContent).toContain('1 byte too long');
    await fireEvent.keyDown(input, { key: 'Enter', ctrlKey: true });
    expect(desk.reply).not.toHaveBeenCalled();
  });

  it('that could not be kept stays in the composer, with the reason', async () => {
    await open({ editError: 'disk_full' });
    const input = await type('Yes');
    await fireEvent.keyDown(input, { key: 'Enter', ctrlKey: true });
    await waitFor(() => {
      expect(screen.getByTestId('composer').querySelector('[role="alert"]')).not.toBeNull();
    });
    expect(input.value).toBe('Yes');
  });

  it('waits offline, says so, and can be taken back into the composer', async () => {
    await open({ isOffline: true });
    await waitFor(() => {
      expect(screen.getByTestId('composer-hint').textContent).toContain(strings.offline);
    });
    const input = await type('From the train');
    await fireEvent.keyDown(input, { key: 'Enter', ctrlKey: true });
    await waitFor(() => {
      expect(bubbles().at(-1)?.dataset['unsent']).toBe('waiting');
    });
    const before = bubbles().length;
    await fireEvent.click(screen.getByTestId('unsent-take-back'));
    await waitFor(() => {
      expect(bubbles().length).toBe(before - 1);
      expect(input.value).toBe('From the train');
    });
  });

  it('that was refused says why, holds the next, and goes only on a word', async () => {
    await open({ hasRefusedReply: true });
    const [refused, held] = bubbles().slice(-2);
    expect(refused?.textContent).toContain(strings.notSent(strings.refusals.forbidden));
    expect(held?.dataset['unsent']).toBe('held');
    const copied = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText: copied } });
    await fireEvent.click(screen.getByTestId('unsent-copy'));
    expect(copied).toHaveBeenCalledExactlyOnceWith('Friday at six is free. Shall I hold it for you?');
    await fireEvent.click(screen.getByTestId('unsent-discard'));
    await fireEvent.click(await screen.findByTestId('outbox-discard-confirm'));
    await waitFor(() => {
      expect(bubbles().some((bubble) => bubble.textContent.includes('Friday at six'))).toBe(false);
      expect(bubbles().at(-1)?.dataset['unsent']).toBeUndefined();
    });
  });

  it('is tried again', async () => {
    await open({ hasRefusedReply: true });
    await fireEvent.click(screen.getByTestId('unsent-retry'));
    await waitFor(() => {
      expect(bubbles().every((bubble) => bubble.dataset['unsent'] === undefined)).toBe(true);
    });
  });
});

describe('the composer', () => {
  it('has what was typed before, and the list marks it', async () => {
    await open({ hasDraft: true }, 'conversation-0000001');
    const input = await screen.findByTestId<HTMLTextAreaElement>('composer-input');
    await waitFor(() => {
      expect(input.value).toBe('Yes, we could do Saturday at');
    });
    expect([input.dir, input.getAttribute('spellcheck')]).toEqual(['auto', 'true']);
  });

  it('says why nobody is answered', async () => {
    desk = createFake({ leads: 400, open: 400 });
    const rows = (await desk.conversationPage('open', 0, 400)).rows;
    const note = rows.find((row) => row.channel === 'call_note');
    await open({ leads: 400, open: 400 }, note?.id ?? '');
    expect(screen.getByTestId('composer-closed').textContent).toBe(strings.closed.call_notes);
    expect(screen.queryByTestId('composer-input')).toBeNull();
    // What was typed before stays until somebody gives it up.
    replyDrafts.type(note?.id ?? '', 'Begun before');
    await fireEvent.click(await screen.findByTestId('composer-discard'));
    await waitFor(async () => {
      expect(await desk.draft(note?.id ?? '')).toBeNull();
    });
    expect(screen.queryByTestId('composer-kept')).toBeNull();
  });
});

describe('colleagues', () => {
  it('who look at the same lead are named, and told of this one', async () => {
    desk = createFake({});
    await open({ isWatched: true });
    await waitFor(() => {
      expect(screen.getByTestId('lookers').textContent).toContain('Ines Duarte and Vik Rao are looking at this');
    });
  });

  it('are nobody while offline', async () => {
    await open({ isWatched: true, isOffline: true });
    expect(screen.getByTestId('lookers').textContent.trim()).toBe('');
  });
});
