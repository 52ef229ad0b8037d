import { render, screen } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { errorView } from '../backend';
import ErrorNotice from './ErrorNotice.svelte';

describe('ErrorNotice', () => {
  it('carries its code, its words, and the report id to copy', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText } });
    render(ErrorNotice, { error: errorView('server_failed', true, 'req-1'), onretry: undefined });
    const notice = screen.getByTestId('error-notice');
    expect(notice.dataset['code']).toBe('server_failed');
    expect(notice.textContent).toContain('req-1');
    screen.getByRole('button', { name: 'Copy' }).click();
    expect(writeText).toHaveBeenCalledWith('req-1');
    expect(await screen.findByRole('button', { name: 'Copied' })).toBeTruthy();
    vi.unstubAllGlobals();
  });

  it('shows no report id where nothing reached a server', () => {
    const { unmount } = render(ErrorNotice, { error: errorView('unknown_host', true, 'req-2') });
    expect(screen.queryByTestId('report-id')).toBeNull();
    unmount();
    render(ErrorNotice, { error: errorView('too_many_requests', true, 'req-3') });
    expect(screen.getByTestId('report-id').textContent).toContain('req-3');
  });

  it('offers to try again only where that may help', () => {
    const onretry = vi.fn();
    const { unmount } = render(ErrorNotice, { error: errorView('invalid_credentials'), onretry });
    expect(screen.queryByRole('button')).toBeNull();
    unmount();
    render(ErrorNotice, { error: errorView('disk_full'), onretry });
    screen.getByRole('button', { name: 'Try again' }).click();
    expect(onretry).toHaveBeenCalledOnce();
  });
});
