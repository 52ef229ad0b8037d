import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeskEvent } from '../bindings/DeskEvent';
import type { Backend } from './backend';
import { tauriBackend } from './tauri';

const tauri = vi.hoisted(() => ({
  invoke: vi.fn(),
  listen: vi.fn(),
}));
vi.mock('@tauri-apps/api/core', () => ({ invoke: tauri.invoke }));
vi.mock('@tauri-apps/api/event', () => ({ listen: tauri.listen }));

beforeEach(() => {
  tauri.invoke.mockReset().mockResolvedValue(undefined);
});

describe('the desk behind the window', () => {
  it('names each command as its method, in snake case', async () => {
    const methods = (Object.keys(tauriBackend) as (keyof Backend)[]).filter((method) => method !== 'listen');
    for (const method of methods) {
      const call = tauriBackend[method] as (...args: unknown[]) => Promise<unknown>;
      await call();
      const snake = method.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      expect(tauri.invoke.mock.lastCall?.[0]).toBe(snake);
    }
    expect(tauri.invoke).toHaveBeenCalledTimes(methods.length);
  });

  it('passes an error of the desk on as it is, and the text of no other', async () => {
    const error = { code: 'disk_full', is_retryable: true, report_id: 'r1' };
    tauri.invoke.mockRejectedValueOnce(error);
    await expect(tauriBackend.session()).rejects.toEqual(error);
    tauri.invoke.mockRejectedValueOnce('command session not allowed by ACL');
    await expect(tauriBackend.session()).rejects.toEqual({ code: 'internal', is_retryable: false, report_id: null });
  });

  it('hands on every event of a batch, in order', async () => {
    const heard: DeskEvent[] = [];
    await tauriBackend.listen((event) => heard.push(event));
    const [name, handler] = tauri.listen.mock.lastCall as [string, (event: { payload: DeskEvent[] }) => void];
    expect(name).toBe('desk-event');
    handler({ payload: ['locked', { signed_out: { erased: { lost: { audit: 0, edits: 0, drafts: 0 } } } }] });
    expect(heard).toEqual(['locked', { signed_out: { erased: { lost: { audit: 0, edits: 0, drafts: 0 } } } }]);
  });
});
