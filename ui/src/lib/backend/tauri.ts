// The desk behind the window: every call is one command of the shell. The only file that knows Tauri.
// Holds no state and no policy; what comes back is what the shell said.

import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import type { DeskEvent } from '../bindings/DeskEvent';
import type { Backend } from './backend';
import { asErrorView } from './error-view';

/** The shell batches events: one window event carries all since the last. */
const WINDOW_EVENT = 'desk-event';

async function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (reason) {
    // A command that was refused or panicked rejects with a plain string: that is `internal`, without its text.
    throw asErrorView(reason);
  }
}

export const tauriBackend: Backend = {
  start: () => call('start'),
  signIn: (request) => call('sign_in', { request }),
  signInAgain: (request) => call('sign_in_again', { request }),
  unlock: (passphrase) => call('unlock', { passphrase }),
  lock: () => call('lock'),
  signOut: (unsent) => call('sign_out', { unsent }),
  session: () => call('session'),
  setLockAfterMinutes: (minutes) => call('set_lock_after_minutes', { minutes }),
  setLockWithScreen: (locks) => call('set_lock_with_screen', { locks }),
  userActive: () => call('user_active'),

  billing: () => call('billing'),

  syncStatus: () => call('sync_status'),
  syncNow: () => call('sync_now'),

  leadPage: (query, offset, limit) => call('lead_page', { query, offset, limit }),
  leadCount: (filter) => call('lead_count', { filter }),
  leadDetail: (id) => call('lead_detail', { id }),
  viewList: () => call('view_list'),
  viewSave: (view) => call('view_save', { view }),
  viewDelete: (id) => call('view_delete', { id }),

  leadCreate: (lead) => call('lead_create', { lead }),
  leadKnown: (email, phone) => call('lead_known', { email, phone }),
  leadEdit: (id, edit) => call('lead_edit', { id, edit }),
  leadsChange: (scope, change) => call('leads_change', { scope, change }),
  mergePreview: (leadId, duplicateId) => call('merge_preview', { leadId, duplicateId }),
  leadsMerge: (leadId, duplicateId) => call('leads_merge', { leadId, duplicateId }),
  undo: (act) => call('undo', { act }),
  conflictSettle: (leadId, operationId, field, choice) =>
    call('conflict_settle', { leadId, operationId, field, choice }),
  conflictPage: (offset, limit) => call('conflict_page', { offset, limit }),
  outboxPage: (offset, limit) => call('outbox_page', { offset, limit }),
  outboxCounts: () => call('outbox_counts'),
  outboxRetry: (id) => call('outbox_retry', { id }),
  outboxReplace: (id, leadId, edit) => call('outbox_replace', { id, leadId, edit }),
  outboxDiscard: (id) => call('outbox_discard', { id }),
  healedFind: () => call('healed_find'),
  healedDismiss: () => call('healed_dismiss'),

  conversationPage: (folder, offset, limit) => call('conversation_page', { folder, offset, limit }),
  conversation: (id) => call('conversation', { id }),
  folderCounts: () => call('folder_counts'),
  messagePage: (id, anchor, limit, searched) => call('message_page', { id, anchor, limit, searched }),
  conversationMarkRead: (id) => call('conversation_mark_read', { id }),

  reply: (conversationId, body) => call('reply', { conversationId, body }),
  replyTakeBack: (id) => call('reply_take_back', { id }),
  draft: (conversationId) => call('draft', { conversationId }),
  draftSave: (conversationId, body) => call('draft_save', { conversationId, body }),

  presenceLook: (leadId) => call('presence_look', { leadId }),
  presenceColleagues: (leadId) => call('presence_colleagues', { leadId }),

  search: (text, limit) => call('search', { text, limit }),

  exportStart: (request) => call('export_start', { request }),
  exportCancel: (exportId) => call('export_cancel', { exportId }),

  importOpen: () => call('import_open'),
  importSetHeadings: (importId, hasHeadings) => call('import_set_headings', { importId, hasHeadings }),
  importCheck: (importId, plan) => call('import_check', { importId, plan }),
  importRun: (importId, plan) => call('import_run', { importId, plan }),
  importCancel: (importId) => call('import_cancel', { importId }),
  importSaveRefused: (importId, plan) => call('import_save_refused', { importId, plan }),

  deviceList: () => call('device_list'),
  deviceRevoke: (id) => call('device_revoke', { id }),
  deviceRevokeOthers: () => call('device_revoke_others'),

  memberList: () => call('member_list'),
  memberChangeRole: (id, role) => call('member_change_role', { id, role }),
  memberRemove: (id) => call('member_remove', { id }),
  invitationCreate: (email, role) => call('invitation_create', { email, role }),
  invitationSend: (id) => call('invitation_send', { id }),
  invitationWithdraw: (id) => call('invitation_withdraw', { id }),

  customFieldSave: (id, form) => call('custom_field_save', { id, form }),

  openLink: (url) => call('open_link', { url }),
  windowReady: () => call('window_ready'),

  listen: (onEvent) =>
    listen<DeskEvent[]>(WINDOW_EVENT, ({ payload }) => {
      for (const event of payload) onEvent(event);
    }),
};
