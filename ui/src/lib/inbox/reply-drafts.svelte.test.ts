import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { useBackend, type Backend } from '../backend';
import { errorView } from '../backend/error-view';
import { createFake } from '../backend/fake';
import { session } from '../session/session.svelte';
import { replyDrafts, SAVE_AFTER_MS } from './reply-drafts.svelte';

const ID = 'conversation-0000000';
let desk: Backend;

beforeEach(async () => {
  vi.useFakeTimers();
  desk = createFake({ leads: 20, hasDraft: true });
  vi.spyOn(desk, 'draftSave');
  await useBackend(desk);
  await session.begin();
});

afterEach(async () => {
  replyDrafts.leave();
  await vi.runAllTimersAsync();
  await session.lock();
  vi.useRealTimers();
});

describe('what is typed and not sent', () => {
  it('is what the desk kept', async () => {
    await replyDrafts.open('conversation-0000001');
    expect(replyDrafts.find('conversation-0000001')).toBe('Yes, we could do Saturday at');
    await replyDrafts.open(ID);
    expect(replyDrafts.find(ID)).toBe('');
  });

  it('is saved a moment after the last key, once', async () => {
    await replyDrafts.open(ID);
    replyDrafts.type(ID, 'D');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS - 1);
    replyDrafts.type(ID, 'De');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS - 1);
    expect(desk.draftSave).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(desk.draftSave).toHaveBeenCalledExactlyOnceWith(ID, 'De');
    await vi.advanceTimersByTimeAsync(10 * SAVE_AFTER_MS);
    expect(desk.draftSave).toHaveBeenCalledTimes(1);
  });

  it('is saved at once when one leaves, and before a lock', async () => {
    replyDrafts.type(ID, 'Dear');
    replyDrafts.leave();
    expect(desk.draftSave).toHaveBeenCalledExactlyOnceWith(ID, 'Dear');
    await vi.advanceTimersByTimeAsync(0);
    replyDrafts.type(ID, 'Dear friend');
    await session.lock();
    expect(desk.draftSave).toHaveBeenLastCalledWith(ID, 'Dear friend');
    expect(await desk.unlock(null).then(() => desk.draft(ID))).toBe('Dear friend');
  });

  it('is held over a lock that came too soon, and saved afterwards', async () => {
    vi.mocked(desk.draftSave).mockRejectedValue(errorView('locked'));
    replyDrafts.type(ID, 'Dear');
    await session.lock();
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    vi.mocked(desk.draftSave).mockRestore();
    await session.unlock(null);
    await replyDrafts.open(ID);
    expect(replyDrafts.find(ID)).toBe('Dear');
    expect(await desk.draft(ID)).toBe('Dear');
  });

  it('says so when it can not be saved, and tries again', async () => {
    vi.mocked(desk.draftSave).mockRejectedValueOnce(errorView('disk_full'));
    replyDrafts.type(ID, 'Dear');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    expect(replyDrafts.error?.code).toBe('disk_full');
    replyDrafts.type(ID, 'Dear friend');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    expect(replyDrafts.error).toBeNull();
    expect(await desk.draft(ID)).toBe('Dear friend');
  });

  it('that is about to be sent is not saved behind its back', async () => {
    let saved: () => void = () => undefined;
    vi.mocked(desk.draftSave).mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          saved = resolve;
        }),
    );
    replyDrafts.type(ID, 'Dear');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    replyDrafts.type(ID, 'Dear friend');
    let isHeld = false;
    const holding = replyDrafts.hold(ID).then(() => (isHeld = true));
    await vi.advanceTimersByTimeAsync(10 * SAVE_AFTER_MS);
    expect(isHeld).toBe(false);
    saved();
    await holding;
    replyDrafts.leave();
    await vi.advanceTimersByTimeAsync(10 * SAVE_AFTER_MS);
    expect(desk.draftSave).toHaveBeenCalledTimes(1);
  });

  it('is over once it was sent, but for what was typed since', async () => {
    replyDrafts.type(ID, 'Dear');
    replyDrafts.sent(ID, 'Dear');
    expect(replyDrafts.find(ID)).toBe('');
    replyDrafts.type(ID, 'And');
    replyDrafts.sent(ID, 'Dear');
    expect(replyDrafts.find(ID)).toBe('And');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    expect(desk.draftSave).toHaveBeenCalledExactlyOnceWith(ID, 'And');
  });
});
