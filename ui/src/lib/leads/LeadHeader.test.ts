import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, it } from 'vitest';

import LeadHeader from './LeadHeader.svelte';
import { useBackend } from '../backend';
import { createFake } from '../backend/fake';
import { session } from '../session/session.svelte';

afterEach(cleanup);

it('has a column of each of the studio’s own fields that are to be in the list, and no way to sort by it', async () => {
  await useBackend(createFake({ leads: 4 }));
  const stop = await session.begin();
  render(LeadHeader);
  const headers = screen.getAllByRole('columnheader').map((one) => one.textContent.trim());
  expect(headers.slice(-4)).toEqual(['Package', 'Day of the shoot', 'Created', 'Last activity']);
  for (const field of session.listedFields) {
    const header = screen.getByTestId(`lead-column-${field.id}`);
    expect(header.querySelector('button')).toBeNull();
    expect(header.getAttribute('aria-sort')).toBeNull();
  }
  expect(screen.getByTestId('lead-sort-created_at')).toBeTruthy();
  stop();
});
