// A made-up studio of any size, the same at every start: the n-th lead is a pure function of n.
// Never part of a release. Phone numbers are from the range reserved for fiction, addresses from example.com.

import type { Channel } from '../bindings/Channel';
import type { ConversationRow } from '../bindings/ConversationRow';
import type { ConversationStatus } from '../bindings/ConversationStatus';
import type { DeliveryStatus } from '../bindings/DeliveryStatus';
import type { Device } from '../bindings/Device';
import type { EndedDevice } from '../bindings/EndedDevice';
import type { Lead } from '../bindings/Lead';
import type { Member } from '../bindings/Member';
import type { Message } from '../bindings/Message';
import type { Permission } from '../bindings/Permission';
import type { Role } from '../bindings/Role';
import type { Source } from '../bindings/Source';
import type { Stage } from '../bindings/Stage';
import type { StageEvent } from '../bindings/StageEvent';
import type { Studio } from '../bindings/Studio';
import type { Touch } from '../bindings/Touch';
import { customOf } from './fake-fields';
import { CAST, FIRST_NAMES, HOSTILE_NAME, LAST_NAMES, LINES, REPLIES } from './fake-words';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export interface FakeSize {
  leads: number;
  /** Conversations that are not archived or snoozed. */
  open: number;
}

export const STUDIO: Studio = {
  id: 'studio-lumen',
  name: 'Lumen Studio',
  brand_colour: '#b4532a',
  time_zone: 'Europe/Lisbon',
  currency: 'EUR',
};

export const MEMBERS: Member[] = [
  { id: 'member-asha', name: 'Asha Menon', email: 'asha@lumen.example', role: 'manager', is_former: false },
  { id: 'member-ines', name: 'Ines Duarte', email: 'ines@lumen.example', role: 'owner', is_former: false },
  { id: 'member-vik', name: 'Vik Rao', email: 'vik@lumen.example', role: 'sales', is_former: false },
  { id: 'member-paulo', name: 'Paulo Reis', email: '', role: 'sales', is_former: true },
];

export const STAGES: Stage[] = [
  { id: 'stage-new', name: 'New', position: 0, colour: '#4a7fc9', outcome: 'open' },
  { id: 'stage-contacted', name: 'Contacted', position: 1, colour: '#8a6bc4', outcome: 'open' },
  { id: 'stage-trial', name: 'Trial booked', position: 2, colour: '#c08a2b', outcome: 'open' },
  { id: 'stage-won', name: 'Won', position: 3, colour: '#2f7d4f', outcome: 'won' },
  { id: 'stage-lost', name: 'Lost', position: 4, colour: '#8b857d', outcome: 'lost' },
];

export const TAGS = ['Family', 'Newborn', 'Price asked', 'Referral', 'VIP', 'Wedding'];
const SOURCES: Source[] = ['meta_lead_ad', 'google_lead_form', 'capture_form', 'referral', 'message', 'csv_import'];
const CHANNELS: Channel[] = ['whatsapp', 'whatsapp', 'whatsapp', 'instagram', 'email', 'sms', 'call_note'];
const CAMPAIGNS = ['Spring portraits', 'Autumn offer', 'Dance starter'];

const NO_TOUCH: Touch = {
  utm_source: null,
  utm_medium: null,
  utm_campaign: null,
  utm_content: null,
  utm_term: null,
  gclid: null,
  fbclid: null,
  ctwa_clid: null,
  form: null,
  ad: null,
  campaign: null,
  referred_by: null,
};

/** A number in 0..1 that depends on its arguments alone. */
function chance(index: number, salt: number): number {
  let h = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(salt + 7, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return ((h ^ (h >>> 16)) >>> 0) / 4_294_967_296;
}

function pick<T>(from: readonly T[], index: number, salt: number): T {
  const item = from[Math.floor(chance(index, salt) * from.length)];
  if (item === undefined) throw new Error('pick() from an empty list');
  return item;
}

const padded = (n: number): string => String(n).padStart(7, '0');
export const leadId = (n: number): string => `lead-${padded(n)}`;
export const conversationId = (n: number): string => `conversation-${padded(n)}`;
export const numberOf = (id: string): number => Number.parseInt(id.slice(id.indexOf('-') + 1), 10);

function nameOf(n: number): string {
  const cast = CAST[n];
  if (cast !== undefined) return cast.name;
  if (n === 40) return HOSTILE_NAME;
  return `${pick(FIRST_NAMES, n, 1)} ${pick(LAST_NAMES, n, 2)}`;
}

function stageOf(n: number): Stage {
  const fixed = CAST[n]?.stage;
  const stage = STAGES.find((s) => s.name === fixed) ?? pick(STAGES, n, 3);
  return stage;
}

/** Newest first: the n-th lead was active a little before the one above it. */
function activeAt(n: number, now: number): number {
  const minutes = CAST[n]?.minutes_ago;
  if (minutes !== undefined) return now - minutes * MINUTE_MS;
  return now - 4 * DAY_MS - n * 47 * MINUTE_MS - Math.floor(chance(n, 4) * 30) * MINUTE_MS;
}

export function leadAt(n: number, now: number): Lead {
  const name = nameOf(n);
  const active = activeAt(n, now);
  const created = active - Math.floor(1 + chance(n, 5) * 30 * 24) * HOUR_MS;
  const source = pick(SOURCES, n, 6);
  const campaign = chance(n, 7) < 0.55 ? pick(CAMPAIGNS, n, 8) : null;
  const owner = chance(n, 9);
  const local = name
    .normalize('NFKD')
    .replace(/[^A-Za-z ]/g, '')
    .trim()
    .toLowerCase()
    .replace(/ +/g, '.');
  return {
    id: leadId(n),
    name,
    email: chance(n, 10) < 0.8 ? `${local}@example.com` : null,
    phone: chance(n, 11) < 0.95 ? `+447700900${String(n % 1000).padStart(3, '0')}` : null,
    stage_id: stageOf(n).id,
    owner_id: owner < 0.45 ? 'member-asha' : owner < 0.75 ? 'member-vik' : null,
    source,
    campaign,
    tags: TAGS.filter((_, t) => chance(n, 20 + t) < 0.18),
    notes: chance(n, 12) < 0.3 ? 'Prefers a morning slot. Asked about parking.' : '',
    value_minor: chance(n, 13) < 0.5 ? Math.floor(80 + chance(n, 14) * 900) * 100 : null,
    state: 'active',
    custom: customOf(n, created, (salt) => chance(n, salt)),
    first_touch: {
      ...NO_TOUCH,
      utm_source: source === 'meta_lead_ad' ? 'meta' : null,
      utm_medium: source === 'meta_lead_ad' ? 'paid_social' : null,
      ad: source === 'meta_lead_ad' ? 'Mother and child, 15 s' : null,
      form: 'Family session',
      campaign,
    },
    last_touch: { ...NO_TOUCH, ctwa_clid: source === 'meta_lead_ad' ? `ARA${padded(n)}` : null, campaign },
    created_at: created,
    updated_at: active,
    last_activity_at: active,
  };
}

/** Two leads in three have written; the cast always has. */
export function hasConversation(n: number): boolean {
  return n < CAST.length || chance(n, 15) < 0.66;
}

export function messagesOf(n: number, lead: Lead): Message[] {
  const scripted = CAST[n]?.thread;
  const count = scripted?.length ?? (n === 5 ? 420 : 1 + Math.floor(chance(n, 16) * 6));
  const messages: Message[] = [];
  for (let i = 0; i < count; i++) {
    const line = scripted?.[i];
    const inbound = line ? line.startsWith('<') : (i + n) % 3 !== 1;
    const age = count - 1 - i;
    const status: DeliveryStatus = inbound
      ? 'delivered'
      : age > 0
        ? 'read'
        : pick(['sent', 'delivered', 'failed'], n, 17);
    messages.push({
      id: `message-${padded(n)}-${String(i).padStart(4, '0')}`,
      conversation_id: conversationId(n),
      lead_id: lead.id,
      direction: inbound ? 'inbound' : 'outbound',
      author_id: inbound ? null : (lead.owner_id ?? 'member-asha'),
      body: line ? line.slice(1) : pick(inbound ? LINES : REPLIES, n * 31 + i, 18),
      status,
      failure_reason: status === 'failed' ? 'The number is not on WhatsApp.' : null,
      sent_at: lead.last_activity_at - age * (n === 5 ? 5 * HOUR_MS : 17 * HOUR_MS) - (age > 0 ? 9 * MINUTE_MS : 0),
    });
  }
  return messages;
}

export function conversationAt(n: number, lead: Lead, messages: Message[], size: FakeSize): ConversationRow {
  const last = messages.at(-1);
  if (last === undefined) throw new Error('a conversation has at least one message');
  const status: ConversationStatus = n < size.open ? 'open' : chance(n, 19) < 0.02 ? 'snoozed' : 'archived';
  const unread = CAST[n]?.unread ?? (status === 'open' && last.direction === 'inbound' && chance(n, 30) < 0.3 ? 2 : 0);
  const channel = CAST[n]?.channel ?? pick(CHANNELS, n, 31);
  return {
    id: conversationId(n),
    lead_id: lead.id,
    lead_name: lead.name,
    stage_id: lead.stage_id,
    channel,
    status,
    assignee_id: lead.owner_id,
    preview: last.body.slice(0, 160),
    preview_direction: last.direction,
    last_message_at: last.sent_at,
    unread_count: unread,
    has_draft: false,
    reply_bar: channel === 'call_note' ? 'call_notes' : lead.state === 'deleted' ? 'lead_deleted' : null,
  };
}

export function stageEventsOf(n: number, lead: Lead): StageEvent[] {
  const reached = STAGES.findIndex((s) => s.id === lead.stage_id);
  const path = [STAGES[0], ...STAGES.slice(1, reached + 1)].filter((s) => s !== undefined).slice(0, 4);
  return path
    .map((stage, i): StageEvent => ({
      id: `stage-event-${padded(n)}-${i}`,
      lead_id: lead.id,
      from_stage_id: path[i - 1]?.id ?? null,
      to_stage_id: stage.id,
      member_id: i === 0 ? null : (lead.owner_id ?? 'member-asha'),
      at: lead.created_at + i * 5 * HOUR_MS,
    }))
    .reverse();
}

export function devices(now: number): Device[] {
  return [
    {
      id: 'device-1',
      name: 'This laptop',
      os: 'Debian 12',
      app_version: '0.1.0',
      ip: '192.0.2.17',
      signed_in_at: now - 3 * DAY_MS,
      last_seen_at: now,
      is_current: true,
    },
    {
      id: 'device-2',
      name: 'Studio iMac',
      os: 'macOS 15',
      app_version: '0.1.0',
      ip: '203.0.113.24',
      signed_in_at: now - 60 * DAY_MS,
      last_seen_at: now - 19 * HOUR_MS,
      is_current: false,
    },
    {
      id: 'device-3',
      name: 'Old ThinkPad',
      os: 'Windows 11',
      app_version: '0.0.9',
      ip: '198.51.100.7',
      signed_in_at: now - 200 * DAY_MS,
      last_seen_at: now - 41 * DAY_MS,
      is_current: false,
    },
  ];
}

export function endedDevices(now: number): EndedDevice[] {
  const ended = (n: number, name: string, os: string, days: number, because: EndedDevice['ended_because']) => ({
    id: `device-ended-${n}`,
    name,
    os,
    app_version: '0.1.0',
    ip: `198.51.100.${n + 20}`,
    signed_in_at: now - (days + 12) * DAY_MS,
    last_seen_at: now - (days + 1) * DAY_MS,
    is_current: false,
    ended_at: now - days * DAY_MS,
    ended_because: because,
  });
  return [
    ended(1, 'Front desk 2', 'Debian 12', 1, 'token_reused'),
    ended(2, 'Asha’s laptop', 'Ubuntu 24.04', 3, 'signed_out'),
    ended(3, 'Studio iMac', 'macOS 14', 9, 'revoked'),
    ended(4, 'Old Surface', 'Windows 10', 22, 'ran_out'),
    ended(5, 'Loaner', 'Fedora 42', 26, 'unknown'),
  ];
}

/** As the desk tells them: the fake has no matrix, but what its three people may. */
export function permissions(role: Role): Permission[] {
  const all: Permission[] = ['review_leads', 'edit_leads', 'bulk_edit_leads', 'delete_leads', 'export_leads'];
  if (role === 'sales') return all.slice(0, 2);
  all.push('manage_fields');
  return role === 'owner' || role === 'admin' ? [...all, 'view_billing', 'manage_members'] : all;
}
