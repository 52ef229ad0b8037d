// The words of the made-up studio: the cast of the first screen, and what the rest is drawn from.

import type { Channel } from '../bindings/Channel';

export interface CastMember {
  name: string;
  stage: string;
  channel: Channel;
  /** How long ago the newest message came. */
  minutes_ago: number;
  unread: number;
  /** `<` before what the lead wrote, `>` before what the studio did. */
  thread?: string[];
}

const DAY = 24 * 60;

export const CAST: CastMember[] = [
  {
    name: 'Nora Lindqvist',
    stage: 'Trial booked',
    channel: 'whatsapp',
    minutes_ago: 4,
    unread: 1,
    thread: [
      '<Hi! I saw your spring portraits. Do you have space for a family of five before Christmas?',
      '>Hello Nora, we do. The family session is 60 minutes and includes 15 edited pictures. Would a weekday or a Saturday suit you?',
      '>Friday at 16:00 is yours. Here is the address and how to find parking: https://lumen.example/visit',
      '<Could we do Saturday at 10 instead? The kids have school until five.',
    ],
  },
  {
    name: 'Rahul Iyer',
    stage: 'Contacted',
    channel: 'whatsapp',
    minutes_ago: 21,
    unread: 2,
    thread: ['>Your session is confirmed for the 28th.', '<Thanks! What should we wear for the family shoot?'],
  },
  {
    name: 'Beatriz Sousa',
    stage: 'New',
    channel: 'whatsapp',
    minutes_ago: 42,
    unread: 0,
    thread: ['<Olá, quanto custa a sessão de recém-nascido?', '>The newborn package starts at € 260.'],
  },
  {
    name: 'Tom Okafor',
    stage: 'Contacted',
    channel: 'whatsapp',
    minutes_ago: 75,
    unread: 0,
    thread: ['>Hi Tom, our autumn offer ends on Sunday: 20 % off the dance starter pass.', '<STOP'],
  },
  {
    name: 'Mei Chen',
    stage: 'New',
    channel: 'instagram',
    minutes_ago: 152,
    unread: 1,
    thread: ['<Is parking available near the studio?'],
  },
  { name: 'Jonas Weber', stage: 'Won', channel: 'email', minutes_ago: 190, unread: 0 },
  {
    name: 'Camille Roy',
    stage: 'Contacted',
    channel: 'whatsapp',
    minutes_ago: DAY + 30,
    unread: 0,
    thread: ['>Samedi à 10 h vous convient ?', '<Merci, je vous confirme demain'],
  },
  {
    name: 'Dev Patel',
    stage: 'New',
    channel: 'call_note',
    minutes_ago: DAY + 95,
    unread: 0,
    thread: ['<Missed call, 0:00'],
  },
  {
    name: 'Sara Haddad',
    stage: 'Trial booked',
    channel: 'whatsapp',
    minutes_ago: DAY + 200,
    unread: 0,
    thread: ['<هل يوجد موعد مساء الجمعة؟', '>Shall I hold the 6 pm slot?'],
  },
  {
    name: 'Luca Ferri',
    stage: 'Contacted',
    channel: 'whatsapp',
    minutes_ago: 3 * DAY,
    unread: 0,
    thread: ['>Le ho mandato il preventivo.', '<Perfetto, grazie'],
  },
];

/** Markup, a right-to-left override, a zero-width space and a bell: all of it must show, none of it may act. */
export const HOSTILE_NAME = '<img src=x onerror=alert(1)> \u202Egnp.exe\u202C\u200B\u0007 Ozwald';

// prettier-ignore
export const FIRST_NAMES = [
  'Aoife', 'Kenji', 'Zara', 'Pavel', 'Elin', 'Omar', 'Julia', 'Hana', 'Piotr', 'Noah', 'Amara', 'Leo', 'Eleanor',
  'Mateus', 'Priya', 'Søren', 'Chloé', 'Yusuf', 'Ana', 'Mikko', 'Farah', 'Tomás', 'Ingrid', 'Kwame', 'Olena', 'Björn',
];

// prettier-ignore
export const LAST_NAMES = [
  'Byrne', 'Mori', 'Khan', 'Novak', 'Berg', 'Farouk', 'Costa', 'Kim', 'Zielinski', 'Fischer', 'Nwosu', 'Martin', 'Sato',
  'Almeida', 'Sharma', 'Nielsen', 'Dubois', 'Demir', 'García', 'Virtanen', 'Rahman', 'Silva', 'Larsen', 'Mensah',
];

export const LINES = [
  'Hi, do you have anything free next Saturday morning?',
  'How much is the family session, and how many pictures do we get?',
  'Olá! Têm disponibilidade em dezembro?',
  'Bonjour, je voudrais réserver une séance pour deux enfants.',
  'Is the trial class suitable for complete beginners?',
  'Thanks, that works for us.',
  'Können wir den Termin auf Donnerstag verschieben?',
  'Could you send me the price list? You can reach me at +44 7700 900123.',
  'Where can we park near the studio?',
  'Perfect, see you then',
];

export const REPLIES = [
  'Hello, thank you for writing. We have Friday at 16:00 or Saturday at 10:00.',
  'The session is 60 minutes and includes 15 edited pictures.',
  'You will find directions and parking here: https://lumen.example/visit',
  'Invoice attached, see you Friday',
  'Of course. Beginners start on Tuesdays at 18:30.',
];
