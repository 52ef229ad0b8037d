import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import HostileText from './HostileText.svelte';

describe('HostileText', () => {
  it('makes text nodes of markup', () => {
    const { container } = render(HostileText, {
      text: '<img src=x onerror=alert(1)><b>hi</b>',
      layout: 'block',
      links: true,
    });
    expect(container.querySelector('img, b, script')).toBeNull();
    expect(container.textContent).toContain('<img src=x onerror=alert(1)><b>hi</b>');
  });

  it('draws a mark with a name in place of an override', () => {
    const { container } = render(HostileText, { text: 'invoice\u202Egpj.exe' });
    expect(screen.getByRole('img', { name: 'right-to-left override' }).textContent).toBe('RLO');
    expect(container.textContent).not.toContain('\u202E');
  });

  it('has links without an address in the document', () => {
    const { container } = render(HostileText, { text: 'see https://a.example/ü', links: true });
    expect(container.querySelector('[href]')).toBeNull();
    const link = screen.getByRole('link');
    expect(link.textContent).toBe('https://a.example/ü');
    expect(link.title).toBe('https://a.example/%C3%BC');
    expect(container.textContent).toContain('https://a.example/%C3%BC');
  });

  it('does not offer to open what hides its host', () => {
    const { container } = render(HostileText, { text: 'https://good.example@evil.example', links: true });
    expect(screen.queryByRole('link')).toBeNull();
    expect(container.textContent).toContain('evil.example');
  });

  it('draws the text and nothing else between its pieces', () => {
    const { container } = render(HostileText, { text: 'ab', spans: [{ start: 1, end: 2 }] });
    expect(container.textContent).toBe('ab');
  });
});
