//! What the server itself says to people, in mails and on its pages: one record of words for each language.
//!
//! A language is a file beside this one and a line in [`Language`]; the record has no gaps, so none can be forgotten.

mod en;

use chrono::NaiveDate;

/// A language the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    En,
}

/// Everything it says, in one language. Functions put names into sentences; they are told plain text, and what they
/// answer is escaped by whoever writes HTML.
pub(crate) struct Words {
    /// A day, in full.
    pub(crate) date: fn(NaiveDate) -> String,
    pub(crate) invitation_mail: InvitationMailWords,
    pub(crate) join_page: JoinPageWords,
}

/// The mail that carries an invitation's link.
pub(crate) struct InvitationMailWords {
    pub(crate) lang: &'static str,
    /// Told the studio.
    pub(crate) subject: fn(&str) -> String,
    /// Told who invites, where they have a name, and the studio.
    pub(crate) opening: fn(Option<&str>, &str) -> String,
    /// Told until when.
    pub(crate) accept: fn(&str) -> String,
    pub(crate) ignore: &'static str,
}

/// The page that the link leads to.
pub(crate) struct JoinPageWords {
    pub(crate) lang: &'static str,
    /// Told the studio.
    pub(crate) title: fn(&str) -> String,
    pub(crate) new_account: &'static str,
    pub(crate) existing_account: &'static str,
    pub(crate) email: &'static str,
    pub(crate) full_name: &'static str,
    pub(crate) new_password: &'static str,
    pub(crate) new_password_note: &'static str,
    pub(crate) password: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) name_missing: &'static str,
    pub(crate) name_too_long: &'static str,
    pub(crate) password_too_short: &'static str,
    pub(crate) password_too_long: &'static str,
    pub(crate) password_wrong: &'static str,
    pub(crate) account_changed: &'static str,
    pub(crate) busy: &'static str,
    /// Told the studio.
    pub(crate) joined: fn(&str) -> String,
    pub(crate) sign_in: &'static str,
    pub(crate) server: &'static str,
    pub(crate) used_title: &'static str,
    pub(crate) used: &'static str,
    pub(crate) over_title: &'static str,
    pub(crate) over: &'static str,
    pub(crate) unknown_title: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) trouble_title: &'static str,
    pub(crate) trouble: &'static str,
}

impl Language {
    /// What mails are written in: nothing is known of who reads them.
    pub(crate) const DEFAULT: Self = Self::En;
    const ALL: [Self; 1] = [Self::En];

    /// Its words.
    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::En => &en::WORDS,
        }
    }

    /// The first that a browser asks for (`Accept-Language`, RFC 9110 §12.5.4) and the server speaks.
    pub(crate) fn asked_for(header: Option<&str>) -> Self {
        let wanted = header.unwrap_or_default().split(',').filter_map(|range| range.split([';', '-']).next());
        let spoken = |tag: &str| Self::ALL.into_iter().find(|language| language.words().join_page.lang == tag);
        wanted.map(|tag| tag.trim().to_ascii_lowercase()).find_map(|tag| spoken(&tag)).unwrap_or(Self::DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_a_language_that_is_spoken() {
        for header in [None, Some(""), Some("*"), Some("pt-BR,pt;q=0.9,en;q=0.8"), Some("xx, EN-gb"), Some(",;,-")] {
            assert_eq!(Language::asked_for(header), Language::En, "{header:?}");
        }
    }
}
