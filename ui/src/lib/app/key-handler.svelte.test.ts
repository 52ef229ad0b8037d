import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  addShortcuts,
  availableActions,
  handleKey,
  removeShortcuts,
  runAction,
  type ShortcutHandlers,
} from './key-handler.svelte';

const added: ShortcutHandlers[] = [];

function bind(handlers: ShortcutHandlers): void {
  added.push(handlers);
  addShortcuts(handlers);
}

function type(key: string, on: HTMLElement = document.body, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });
  on.addEventListener('keydown', handleKey, { once: true });
  on.dispatchEvent(event);
  return event;
}

function add<K extends keyof HTMLElementTagNameMap>(tag: K): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  document.body.append(element);
  return element;
}

afterEach(() => {
  for (const handlers of added.splice(0)) removeShortcuts(handlers);
  document.body.replaceChildren();
});

describe('handleKey', () => {
  it('runs the handler drawn last, and keeps the key from doing anything else', () => {
    const below = vi.fn();
    const above = vi.fn();
    bind({ 'app.shortcuts': below });
    bind({ 'app.shortcuts': above });
    expect(type('?').defaultPrevented).toBe(true);
    expect(above).toHaveBeenCalledOnce();
    expect(below).not.toHaveBeenCalled();
  });

  it('asks the next handler, and leaves the key alone, when the first means nothing by it', () => {
    const below = vi.fn(() => false);
    bind({ 'leads.clear': below });
    bind({ 'leads.clear': () => false });
    expect(type('Escape').defaultPrevented).toBe(false);
    expect(below).toHaveBeenCalledOnce();
  });

  it('lets one type: plain keys stay in the field, chords with Ctrl work', () => {
    const plain = vi.fn();
    const chord = vi.fn();
    bind({ 'leads.select': plain, 'app.palette': chord });
    const input = add('input');
    type('x', input);
    type('k', input, { ctrlKey: true });
    expect(plain).not.toHaveBeenCalled();
    expect(chord).toHaveBeenCalledOnce();
  });

  it('leaves Enter to the button that has the focus', () => {
    const open = vi.fn();
    bind({ 'leads.open': open });
    type('Enter', add('button'));
    expect(open).not.toHaveBeenCalled();
    type('Enter');
    expect(open).toHaveBeenCalledOnce();
  });
});

describe('actions', () => {
  it('offers what is bound now, without mere movement', () => {
    bind({ 'app.lock': () => undefined, 'leads.next': () => undefined });
    expect(availableActions().map((action) => action.id)).toEqual(['app.lock']);
  });

  it('runs by name', () => {
    const lock = vi.fn();
    bind({ 'app.lock': lock });
    runAction('app.lock');
    expect(lock).toHaveBeenCalledOnce();
  });
});
