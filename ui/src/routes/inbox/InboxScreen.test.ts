import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import InboxScreen from './InboxScreen.svelte';
import { useBackend, type Backend } from '../../lib/backend';
import { createFake } from '../../lib/backend/fake';
import { session } from '../../lib/session/session.svelte';
import { SHOWN_MS } from '../../lib/inbox/mark-read.svelte';

let desk: Backend;

beforeEach(async () => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
  );
  desk = createFake({ leads: 40 });
  vi.spyOn(desk, 'conversationMarkRead');
  await useBackend(desk);
  await session.begin();
});

afterEach(async () => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  await session.lock();
});

describe('an open conversation', () => {
  it('says of each message who wrote it and how far it got', async () => {
    render(InboxScreen, { conversationId: 'conversation-0000000', messageId: null });
    const messages = await screen.findAllByTestId('message');
    expect(messages.map((message) => message.dataset['direction'])).toEqual([
      'inbound',
      'outbound',
      'outbound',
      'inbound',
    ]);
    expect(messages[1]?.dataset['status']).toBe('read');
    expect(messages[1]?.textContent).toContain('read');
    expect(messages[0]?.textContent).not.toContain('delivered');
  });

  it('is marked read after it was in front for a second, and not before', async () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(true);
    vi.useFakeTimers({ shouldAdvanceTime: false });
    render(InboxScreen, { conversationId: 'conversation-0000000', messageId: null });
    await vi.advanceTimersByTimeAsync(SHOWN_MS - 100);
    expect(desk.conversationMarkRead).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(desk.conversationMarkRead).toHaveBeenCalledWith('conversation-0000000');
  });

  it('stays unread while the window is behind others', async () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(false);
    vi.useFakeTimers({ shouldAdvanceTime: false });
    render(InboxScreen, { conversationId: 'conversation-0000000', messageId: null });
    await vi.advanceTimersByTimeAsync(SHOWN_MS * 5);
    expect(desk.conversationMarkRead).not.toHaveBeenCalled();
  });

  it('marks the message that was searched for', async () => {
    render(InboxScreen, { conversationId: 'conversation-0000000', messageId: 'message-0000000-0001' });
    await waitFor(() => {
      expect(document.querySelector('[data-found]')?.getAttribute('data-id')).toBe('message-0000000-0001');
    });
  });

  it('marks the words that were searched, in it and wherever they stand in the thread', async () => {
    const page = await desk.messagePage('conversation-0000000', 'newest', 50, null);
    const word = /[a-z]{5,}/iu.exec(page.messages[1]?.body ?? '')?.[0] ?? '';
    expect(word).not.toBe('');
    const props = { conversationId: 'conversation-0000000', messageId: 'message-0000000-0001' };
    const { rerender } = render(InboxScreen, { ...props, searched: word.toLowerCase() });
    await waitFor(() => {
      expect(document.querySelector('[data-found] mark')?.textContent).toBe(word);
    });
    await rerender({ ...props, messageId: null, searched: null });
    await waitFor(() => {
      expect(document.querySelector('[data-testid="message"] mark')).toBeNull();
    });
  });

  it('says so when it is not on this computer', async () => {
    render(InboxScreen, { conversationId: 'conversation-9999999', messageId: null });
    expect(await screen.findByText('This conversation is not on this computer')).toBeTruthy();
  });
});
