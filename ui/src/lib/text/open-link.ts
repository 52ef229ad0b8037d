// Opens a link that a person clicked, in the system's own program. The shell checks it once more.

import { asErrorView, backend } from '../backend';
import { ERRORS } from '../errors/error-table';
import { toasts } from '../ui/toast/toasts.svelte';

export async function openLink(target: string): Promise<void> {
  try {
    await backend().openLink(target);
  } catch (reason) {
    const words = ERRORS[asErrorView(reason).code];
    toasts.show(words.title, { detail: words.advice, tone: 'bad' });
  }
}
