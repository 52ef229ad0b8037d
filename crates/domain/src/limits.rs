//! How large what people type may be. What passes these fits in a line of the change feed, however it is escaped.

/// Of a lead's notes.
pub const NOTES_BYTES: usize = 65_536;
/// Of a message's text.
pub const MESSAGE_BYTES: usize = 65_536;
/// Of a lead's name, in characters.
pub const NAME_CHARS: usize = 200;
/// Of an e-mail address (RFC 5321 §4.5.3.1.3, as corrected).
pub const EMAIL_BYTES: usize = 254;
/// Tags of one lead.
pub const TAGS: usize = 50;
/// Of one tag, in characters.
pub const TAG_CHARS: usize = 60;
/// Custom fields of one studio, those put away included.
pub const CUSTOM_FIELDS: usize = 50;
/// Of the name of a custom field, and of an option of a choice, in characters.
pub const CUSTOM_NAME_CHARS: usize = 60;
/// Options of one choice, those retired included.
pub const CHOICE_OPTIONS: usize = 100;
/// Of a text in a custom field, in characters.
pub const CUSTOM_TEXT_CHARS: usize = 200;
/// Of each field of a touch, in characters.
pub const TOUCH_CHARS: usize = 1_000;
/// The largest whole number that every client holds exactly, JavaScript's included (RFC 8259 §6).
pub const EXACT_INTEGER: i64 = (1 << 53) - 1;
/// Of a lead's value.
pub const MAX_VALUE_MINOR: i64 = EXACT_INTEGER;
