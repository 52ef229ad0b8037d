// The conversation list as it stands: its folder, rows, cursor, and how far it was scrolled. It outlives the screen; it lets
// go of everything when the desk closes.

import { backend, onDeskEvent } from '../backend';
import type { ConversationRow } from '../bindings/ConversationRow';
import type { Folder } from '../bindings/Folder';
import type { FolderCounts } from '../bindings/FolderCounts';
import type { MemberId } from '../bindings/MemberId';
import { session } from '../session/session.svelte';
import { ListCursor } from '../virtual/list-cursor.svelte';
import { PagedRows, type RowSource } from '../virtual/paged-rows.svelte';

export type FolderName = keyof FolderCounts;

function folderOf(name: FolderName, me: MemberId): Folder {
  return name === 'mine' ? { mine: me } : name;
}

function conversationSource(name: FolderName, me: MemberId): RowSource<ConversationRow> {
  const folder = folderOf(name, me);
  return {
    count: async () => (await backend().folderCounts())[name],
    page: async (offset, limit) => (await backend().conversationPage(folder, offset, limit)).rows,
  };
}

class InboxList {
  folder = $state.raw<FolderName>('open');
  /** Pixels of the list above its viewport. Not state: nothing is drawn from it. */
  top = 0;

  readonly rows = new PagedRows<ConversationRow>({ pageSize: 50 });
  readonly cursor = new ListCursor<ConversationRow>(this.rows);

  private isOpen = false;

  /** Reads the list, unless it is already being followed. */
  begin(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'changed' in event && (event.changed.conversations || event.changed.leads)) {
        this.rows.refresh();
      }
    });
    const letGo = session.onClose(() => {
      stop();
      letGo();
      this.isOpen = false;
      this.folder = 'open';
      this.top = 0;
      this.rows.close();
      this.cursor.clear();
    });
    this.rows.open(conversationSource(this.folder, session.view.me.id));
  }

  show(folder: FolderName): void {
    if (folder === this.folder) return;
    this.folder = folder;
    this.top = 0;
    this.cursor.clear();
    this.rows.open(conversationSource(folder, session.view.me.id));
  }
}

export const inboxList = new InboxList();
