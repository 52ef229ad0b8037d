// Opens the export dialog for what is on screen: the selection if there is one, and the view.

import { openExport } from '../export/exports.svelte';
import { leadList } from './lead-list.svelte';

export function exportLeads(): void {
  const { selection, query } = leadList;
  openExport({ view: query, selection: selection.isAll ? [] : selection.list() });
}
