// A desk in memory, for fast tests, for development in a browser, and for the accessibility run. It behaves like the
// real one as far as a screen can see: pages, order, events, errors. Never part of a release.

import type { ConversationRow } from '../bindings/ConversationRow';
import type { DeskEvent } from '../bindings/DeskEvent';
import type { Device } from '../bindings/Device';
import type { ErrorCode } from '../bindings/ErrorCode';
import type { ExportProgress } from '../bindings/ExportProgress';
import type { ExportState } from '../bindings/ExportState';
import type { FirstSync } from '../bindings/FirstSync';
import type { Folder } from '../bindings/Folder';
import type { KeyStore } from '../bindings/KeyStore';
import type { Lead } from '../bindings/Lead';
import type { LeadFilter } from '../bindings/LeadFilter';
import type { LeadQuery } from '../bindings/LeadQuery';
import type { Message } from '../bindings/Message';
import type { MessageAnchor } from '../bindings/MessageAnchor';
import type { Phase } from '../bindings/Phase';
import type { SavedView } from '../bindings/SavedView';
import type { SessionView } from '../bindings/SessionView';
import type { SyncStatus } from '../bindings/SyncStatus';
import type { Backend } from './backend';
import { errorView } from './error-view';
import * as data from './fake-data';
import { compareLeads, leadMatches } from './fake-query';
import { searchFake } from './fake-search';

export interface FakeOptions {
  phase: Phase;
  keyStore: KeyStore;
  leads: number;
  open: number;
  /** Signed in as a salesperson, who may not export. */
  isSales: boolean;
  isOffline: boolean;
  isConnecting: boolean;
  firstSync: FirstSync | null;
  /** Moves the first sync forward by itself. */
  firstSyncRuns: boolean;
  unreadableChanges: number;
  clockSkewMs: number | null;
  /** Every answer takes this long. */
  latencyMs: number;
  /** The sync is stopped by this. */
  problem: ErrorCode | null;
  /** The start, sign-in, unlock, every reading call, or an export, fails with this. */
  startError: ErrorCode | null;
  signInError: ErrorCode | null;
  unlockError: ErrorCode | null;
  readError: ErrorCode | null;
  exportError: ErrorCode | null;
  now: number;
}

const DEFAULTS: Omit<FakeOptions, 'now'> = {
  phase: 'open',
  keyStore: 'keyring',
  leads: 8412,
  open: 14,
  isSales: false,
  isOffline: false,
  isConnecting: false,
  firstSync: null,
  firstSyncRuns: false,
  unreadableChanges: 0,
  clockSkewMs: null,
  latencyMs: 0,
  problem: null,
  startError: null,
  signInError: null,
  unlockError: null,
  readError: null,
  exportError: null,
};

/**
 * Reads the address: `?fake=offline,sales&leads=100000&open=500&latency=300&fail=disk_full&signin=unknown_host`
 * `&start=keyring_locked&unlock=passphrase_wrong&problem=session_revoked&export=export_failed`. Words for `fake`: signed-out, locked,
 * passphrase, offline, connecting, first-sync, first-sync-offline, empty, sales, unreadable, skew.
 */
export function fakeFromLocation(search: string): Backend {
  const query = new URLSearchParams(search);
  const words = new Set((query.get('fake') ?? '').split(','));
  const number = (key: string, otherwise: number): number => Number(query.get(key) ?? otherwise);
  const code = (key: string): ErrorCode | null => query.get(key) as ErrorCode | null;
  const isFirstSync = words.has('first-sync') || words.has('first-sync-offline');
  const isEmpty = words.has('empty');
  return createFake({
    phase: words.has('signed-out') ? 'signed_out' : words.has('locked') ? 'locked' : 'open',
    keyStore: words.has('passphrase') ? 'passphrase' : 'keyring',
    leads: isEmpty ? 0 : number('leads', DEFAULTS.leads),
    open: isEmpty ? 0 : number('open', DEFAULTS.open),
    isSales: words.has('sales'),
    isOffline: words.has('offline') || words.has('first-sync-offline'),
    isConnecting: words.has('connecting'),
    firstSync: isFirstSync
      ? {
          rows_done: 41_200,
          rows_total: 110_000,
          rows_per_s: words.has('first-sync-offline') ? 0 : 5200,
          remaining_s: words.has('first-sync-offline') ? null : 13,
        }
      : null,
    firstSyncRuns: words.has('first-sync'),
    unreadableChanges: words.has('unreadable') ? 3 : 0,
    clockSkewMs: words.has('skew') ? -11 * 60_000 : null,
    latencyMs: number('latency', 0),
    problem: code('problem'),
    startError: code('start'),
    signInError: code('signin'),
    unlockError: code('unlock'),
    readError: code('fail'),
    exportError: code('export'),
  });
}

export function createFake(given: Partial<FakeOptions> = {}): Backend {
  const options: FakeOptions = { ...DEFAULTS, now: Date.now(), ...given };
  const size: data.FakeSize = { leads: options.leads, open: options.open };
  const me = options.isSales ? data.MEMBERS[2] : data.MEMBERS[0];
  if (me === undefined) throw new Error('the studio has members');
  const listeners = new Set<(event: DeskEvent) => void>();
  const readHere = new Set<string>();
  const runningExports = new Map<string, ReturnType<typeof setInterval>>();
  let phase = options.phase;
  let lockAfterMinutes = 5;
  let exportCount = 0;
  let devices: Device[] = data.devices(options.now);
  let views: SavedView[] = [
    { id: 'view-mine', name: 'My open leads', query: query({ owners: [{ member: me.id }] }) },
    { id: 'view-won', name: 'Won', query: query({ stages: ['stage-won'] }) },
  ];
  let status: SyncStatus = {
    connection: options.problem
      ? 'stopped'
      : options.isOffline
        ? 'offline'
        : options.isConnecting
          ? 'connecting'
          : 'online',
    since: options.now - 22 * 60_000,
    up_to_date_at: options.firstSync ? null : options.now,
    first_sync: options.firstSync,
    unreadable_changes: options.unreadableChanges,
    clock_skew_ms: options.clockSkewMs,
    problem: options.problem ? errorView(options.problem, false, 'req-7f3a91c4') : null,
  };

  // Built at the first use, so that a sign-in screen costs nothing.
  let leads: Lead[] | null = null;
  const messages = new Map<number, Message[]>();
  let conversations: ConversationRow[] | null = null;

  const allLeads = (): Lead[] =>
    (leads ??= Array.from({ length: size.leads }, (_, n) => data.leadAt(n, options.now)).filter(
      (lead) => !options.isSales || lead.owner_id === me.id || lead.owner_id === null,
    ));
  const threadOf = (lead: Lead): Message[] => {
    const n = data.numberOf(lead.id);
    let thread = messages.get(n);
    if (thread === undefined) messages.set(n, (thread = data.messagesOf(n, lead)));
    return thread;
  };
  const allConversations = (): ConversationRow[] =>
    (conversations ??= allLeads()
      .filter((lead) => data.hasConversation(data.numberOf(lead.id)))
      .map((lead) => data.conversationAt(data.numberOf(lead.id), lead, threadOf(lead), size))
      .sort((a, b) => b.last_message_at - a.last_message_at));
  const row = (c: ConversationRow): ConversationRow => (readHere.has(c.id) ? { ...c, unread_count: 0 } : { ...c });
  const inFolder = (folder: Folder): ConversationRow[] =>
    allConversations()
      .map(row)
      .filter((c) => isIn(c, folder));

  function emit(event: DeskEvent): void {
    for (const listener of [...listeners]) listener(event);
  }

  async function answer<T>(make: () => T): Promise<T> {
    if (options.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, options.latencyMs));
    return make();
  }

  /** A call that needs the open cache. */
  function opened<T>(make: () => T): Promise<T> {
    return answer(() => {
      if (phase !== 'open') throw errorView(phase === 'locked' ? 'locked' : 'signed_out');
      return make();
    });
  }

  /** A call that needs the rows in it. */
  function read<T>(make: () => T): Promise<T> {
    return opened(() => {
      if (options.readError) throw errorView(options.readError, true, 'req-51c0de77');
      return make();
    });
  }

  function online<T>(make: () => T): Promise<T> {
    return answer(() => {
      if (status.connection !== 'online') throw errorView('server_unreachable', true, 'req-0ff11e00');
      return make();
    });
  }

  const session = (): SessionView => ({
    studio: data.STUDIO,
    me,
    members: data.MEMBERS,
    stages: data.STAGES,
    tags: data.TAGS,
    may_export: !options.isSales,
    key_store: options.keyStore,
    lock_after_minutes: lockAfterMinutes,
  });

  function findLead(id: string): Lead {
    const lead = allLeads().find((l) => l.id === id);
    if (lead === undefined) throw errorView('not_found');
    return lead;
  }

  function runExport(id: string, total: number, fileName: string): void {
    let done = 0;
    const tell = (state: ExportState): void => {
      const progress: ExportProgress = {
        export_id: id,
        state,
        rows_done: done,
        rows_total: total,
        size_bytes: done * 214,
        file_name: fileName,
      };
      emit({ export_progressed: progress });
    };
    tell('running');
    const timer = setInterval(() => {
      done = Math.min(total, done + Math.max(1, Math.ceil(total / 40)));
      const failure =
        options.exportError && done * 2 > total ? errorView(options.exportError, true, 'req-e4907f') : null;
      const ended = done >= total || failure !== null;
      if (ended) {
        clearInterval(timer);
        runningExports.delete(id);
      }
      tell(failure ? { failed: failure } : ended ? 'done' : 'running');
    }, 100);
    runningExports.set(id, timer);
  }

  if (options.firstSyncRuns) {
    const timer = setInterval(() => {
      const before = status.first_sync;
      if (before === null) return clearInterval(timer);
      const done = before.rows_done + before.rows_per_s / 2;
      const rest = before.rows_total - done;
      status =
        rest <= 0
          ? { ...status, first_sync: null, up_to_date_at: Date.now() }
          : {
              ...status,
              first_sync: { ...before, rows_done: done, remaining_s: Math.ceil(rest / before.rows_per_s) },
            };
      emit({ status_changed: status });
    }, 500);
  }

  return {
    start: () =>
      answer(() => {
        if (options.startError) throw errorView(options.startError, true, 'req-57a127');
        return {
          phase,
          key_store: options.keyStore,
          server_url: 'https://desk.lumen.example',
          prefill_email: null,
          prefill_password: null,
          app_version: '0.1.0',
        };
      }),
    signIn: (request) =>
      answer(() => {
        if (options.signInError) throw errorView(options.signInError, true, 'req-51910a');
        if (!URL.canParse(request.server_url)) throw errorView('invalid_server_url');
        if (request.password === 'wrong') throw errorView('invalid_credentials', false, 'req-51910b');
        if (options.keyStore === 'passphrase' && (request.passphrase ?? '').length < 12)
          throw errorView(request.passphrase ? 'passphrase_too_short' : 'passphrase_needed');
        phase = 'open';
        return session();
      }),
    unlock: (passphrase) =>
      answer(() => {
        if (options.unlockError) throw errorView(options.unlockError, false, 'req-10cced');
        if (options.keyStore === 'passphrase' && passphrase === null) throw errorView('passphrase_needed');
        if (options.keyStore === 'passphrase' && passphrase === 'wrong') throw errorView('passphrase_wrong');
        phase = 'open';
        return session();
      }),
    lock: () =>
      answer(() => {
        phase = 'locked';
        emit('locked');
      }),
    signOut: () =>
      answer(() => {
        phase = 'signed_out';
        emit('signed_out');
      }),
    session: () => opened(session),
    setLockAfterMinutes: (minutes) =>
      opened(() => {
        lockAfterMinutes = minutes;
      }),
    userActive: () => answer(() => undefined),

    syncStatus: () => answer(() => status),
    syncNow: () =>
      answer(() => {
        if (status.connection === 'online') {
          status = { ...status, up_to_date_at: status.first_sync ? null : Date.now() };
          emit({ status_changed: status });
        }
      }),

    leadPage: ({ filter, sort }, offset, limit) =>
      read(() => ({
        offset,
        rows: allLeads()
          .filter((lead) => leadMatches(lead, filter))
          .sort(compareLeads(sort, data.STAGES, data.MEMBERS))
          .slice(offset, offset + limit),
      })),
    leadCount: (filter) => read(() => allLeads().filter((lead) => leadMatches(lead, filter)).length),
    leadDetail: (id) =>
      read(() => {
        const lead = findLead(id);
        return {
          lead,
          conversations: allConversations()
            .filter((c) => c.lead_id === id)
            .map(row),
          stage_events: data.stageEventsOf(data.numberOf(id), lead),
        };
      }),
    viewList: () => read(() => views),
    viewSave: (view) =>
      read(() => {
        views = views.some((v) => v.id === view.id)
          ? views.map((v) => (v.id === view.id ? view : v))
          : [...views, view];
      }),
    viewDelete: (id) =>
      read(() => {
        views = views.filter((v) => v.id !== id);
      }),

    conversationPage: (folder, offset, limit) =>
      read(() => ({ offset, rows: inFolder(folder).slice(offset, offset + limit) })),
    conversation: (id) =>
      read(() => {
        const found = allConversations().find((c) => c.id === id);
        if (found === undefined) throw errorView('not_found');
        return row(found);
      }),
    folderCounts: () =>
      read(() => ({
        open: inFolder('open').length,
        unread: inFolder('unread').length,
        mine: inFolder({ mine: me.id }).length,
        unassigned: inFolder('unassigned').length,
        snoozed: inFolder('snoozed').length,
        archived: inFolder('archived').length,
      })),
    messagePage: (id, anchor, limit) =>
      read(() => {
        const found = allConversations().find((c) => c.id === id);
        if (found === undefined) throw errorView('not_found');
        return {
          ...slice(threadOf(findLead(found.lead_id)), anchor, limit),
          history_incomplete: status.first_sync !== null,
        };
      }),
    conversationMarkRead: (id) =>
      read(() => {
        if (readHere.has(id)) return;
        readHere.add(id);
        emit({ changed: { leads: false, conversations: true, messages: false, studio: false } });
      }),

    search: (text, limit) => read(() => searchFake(text, limit, allLeads(), threadOf, status.first_sync === null)),

    exportStart: (request) =>
      read(() => {
        if (options.isSales) throw errorView('export_forbidden');
        const id = `export-${++exportCount}`;
        const total =
          request.scope === 'all'
            ? allLeads().length
            : 'view' in request.scope
              ? countOf(allLeads(), request.scope.view.filter)
              : request.scope.selection.length;
        queueMicrotask(() => runExport(id, total, `leads.${request.format}`));
        return id;
      }),
    exportCancel: (exportId) =>
      answer(() => {
        const timer = runningExports.get(exportId);
        if (timer === undefined) return;
        clearInterval(timer);
        runningExports.delete(exportId);
        emit({
          export_progressed: {
            export_id: exportId,
            state: 'cancelled',
            rows_done: 0,
            rows_total: 0,
            size_bytes: 0,
            file_name: '',
          },
        });
      }),

    deviceList: () => online(() => devices),
    deviceRevoke: (id) =>
      online(() => {
        devices = devices.filter((device) => device.id !== id);
      }),

    openLink: () => answer(() => undefined),
    windowReady: () => answer(() => undefined),

    listen: (onEvent) => {
      listeners.add(onEvent);
      return Promise.resolve(() => listeners.delete(onEvent));
    },
  };
}

const countOf = (leads: Lead[], filter: LeadFilter): number => leads.filter((lead) => leadMatches(lead, filter)).length;

function query(filter: Partial<LeadFilter>): LeadQuery {
  return {
    filter: {
      stages: [],
      owners: [],
      sources: [],
      tags: [],
      created_from: null,
      created_before: null,
      active_from: null,
      active_before: null,
      ...filter,
    },
    sort: { column: 'last_activity_at', descending: true },
  };
}

function isIn(row: ConversationRow, folder: Folder): boolean {
  if (folder === 'snoozed' || folder === 'archived') return row.status === folder;
  if (row.status !== 'open') return false;
  if (folder === 'open') return true;
  if (folder === 'unread') return row.unread_count > 0;
  if (folder === 'unassigned') return row.assignee_id === null;
  return row.assignee_id === folder.mine;
}

function slice(
  thread: Message[],
  anchor: MessageAnchor,
  limit: number,
): { messages: Message[]; has_older: boolean; has_newer: boolean } {
  const at = (id: string): number => thread.findIndex((m) => m.id === id);
  let start: number;
  let end: number;
  if (anchor === 'newest') {
    end = thread.length;
    start = end - limit;
  } else if ('before' in anchor) {
    end = at(anchor.before);
    start = end - limit;
  } else if ('after' in anchor) {
    start = at(anchor.after) + 1;
    end = start + limit;
  } else {
    start = at(anchor.around) - Math.floor(limit / 2);
    end = start + limit;
  }
  start = Math.max(0, start);
  end = Math.min(thread.length, end);
  return { messages: thread.slice(start, end), has_older: start > 0, has_newer: end < thread.length };
}
