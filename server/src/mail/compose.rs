//! What mails say. Names come from people: none of them gets to add a header, a tag or a line.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use domain::UnixMs;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use url::Host;
use uuid::Uuid;
use wire::invitation::MailProblem;

use crate::html::escape;
use crate::words::Words;

/// What an invitation's mail tells.
pub(crate) struct Invited<'a> {
    pub(crate) mail_id: Uuid,
    pub(crate) email: &'a str,
    pub(crate) studio: &'a str,
    /// IANA name; what is none counts as UTC.
    pub(crate) time_zone: &'a str,
    /// Who invites, where they still have a name.
    pub(crate) inviter: Option<&'a str>,
    pub(crate) link: &'a str,
    pub(crate) now: UnixMs,
    pub(crate) expires_at: UnixMs,
}

/// Written by a program: no out-of-office answers this (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The mail that carries an invitation's link, as text and as HTML, with nothing in it to fetch.
///
/// # Errors
/// [`MailProblem::Refused`] when no mail can be addressed to this address.
pub(crate) fn compose_invitation(from: &Mailbox, invited: &Invited<'_>, words: &Words) -> Result<Message, MailProblem> {
    let to = mail_address(invited.email).ok_or(MailProblem::Refused)?;
    let studio = one_line(invited.studio);
    let inviter = invited.inviter.map(one_line).filter(|name| !name.is_empty());
    let until = (words.date)(date(invited.expires_at, invited.time_zone));
    let words = &words.invitation_mail;
    let opening = (words.opening)(inviter.as_deref(), &studio);
    let (accept, link, ignore) = ((words.accept)(&until), invited.link, words.ignore);
    let text = format!("{opening}\n\n{accept}\n\n{link}\n\n{ignore}\n");
    let html = format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<meta charset=\"utf-8\">\n<title>{subject}</title>\n\
         <p>{opening}</p>\n<p>{accept}</p>\n<p><a href=\"{link}\">{link}</a></p>\n<p>{ignore}</p>\n</html>\n",
        lang = words.lang,
        subject = escape(&(words.subject)(&studio)),
        opening = escape(&opening),
        accept = escape(&accept),
        link = escape(link),
        ignore = escape(ignore),
    );
    let sent = Duration::from_millis(u64::try_from(invited.now.0).unwrap_or_default());
    Message::builder()
        // The same each time it is tried, so that a mail server may notice what came twice.
        .message_id(Some(format!("<{}@{}>", invited.mail_id, from.email.domain())))
        .date(SystemTime::UNIX_EPOCH + sent)
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject((words.subject)(&studio))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(text, html))
        // The parts it wants are all there.
        .map_err(|_| MailProblem::Refused)
}

/// The address as mail servers write it: the domain in ASCII (RFC 5890). Nothing when no mail can be sent there.
pub(crate) fn mail_address(email: &str) -> Option<Address> {
    let (user, domain) = email.rsplit_once('@')?;
    let domain = Host::parse(domain).ok().filter(|host| matches!(host, Host::Domain(_)))?;
    Address::new(user, domain.to_string()).ok()
}

/// A name without what could end a line, or turn the direction of what follows it.
fn one_line(name: &str) -> String {
    let harmless = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let ends = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if turns || ends { ' ' } else { c }
    };
    name.chars().map(harmless).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn date(at: UnixMs, time_zone: &str) -> chrono::NaiveDate {
    let zone: chrono_tz::Tz = time_zone.parse().unwrap_or(chrono_tz::UTC);
    DateTime::<Utc>::from_timestamp_millis(at.0).unwrap_or_default().with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    fn invited<'a>(studio: &'a str, inviter: &'a str) -> Invited<'a> {
        Invited {
            mail_id: Uuid::from_u128(7),
            email: "nora@bücher.example",
            studio,
            time_zone: "Pacific/Auckland",
            inviter: Some(inviter),
            link: "https://desk.example.org/join/token",
            now: UnixMs(1_790_000_000_000),
            // 23:00 in London on Friday is Saturday in Auckland.
            expires_at: UnixMs(1_790_375_400_000),
        }
    }

    fn composed(studio: &str, inviter: &str) -> String {
        let from = "Frontdesk <desk@example.org>".parse().expect("address");
        let mail = compose_invitation(&from, &invited(studio, inviter), Language::En.words()).expect("composed");
        String::from_utf8(mail.formatted()).expect("text")
    }

    /// The lines before the first empty one, folded ones put together again.
    fn headers(mail: &str) -> Vec<String> {
        let head = mail.split("\r\n\r\n").next().expect("a head").replace("\r\n ", " ");
        head.split("\r\n").map(ToOwned::to_owned).collect()
    }

    #[test]
    fn a_mail_says_who_invites_whom_where_and_until_when() {
        let mail = composed("Lumen", "Olga");
        let headers = headers(&mail);
        for header in [
            "Message-ID: <00000000-0000-0000-0000-000000000007@example.org>",
            "From: Frontdesk <desk@example.org>",
            "To: nora@xn--bcher-kva.example",
            "Subject: Join Lumen on Frontdesk",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(headers.iter().any(|line| line == header), "{header}: {headers:?}");
        }
        assert!(mail.contains("Olga has invited you to join Lumen on Frontdesk."), "{mail}");
        assert!(mail.contains("https://desk.example.org/join/token\r\n"), "{mail}");
        assert!(mail.contains("26 September 2026"), "{mail}");
        assert!(mail.contains("multipart/alternative"));
        assert!(!mail.contains("<img") && !mail.contains("<script"));
    }

    #[test]
    fn a_name_adds_no_header_and_no_tag() {
        let hostile = "Lumen\r\nBcc: everyone@example.org\r\n\r\n<script>alert(1)</script>\u{202e}\u{2028}\" & 'x'";
        let mail = composed(hostile, hostile);
        let headers = headers(&mail);
        assert!(!headers.iter().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{headers:?}");
        assert_eq!(headers.iter().filter(|line| line.starts_with("Subject:")).count(), 1);
        let html = mail.split("text/html").nth(1).expect("the part in HTML").replace("=\r\n", "");
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
        assert!(!mail.contains('\u{202e}'));
    }

    #[test]
    fn an_address_is_one_that_mail_can_be_sent_to() {
        for good in ["nora@example.org", "nora+tag@mail.example.org", "\"nora x\"@example.org"] {
            assert!(mail_address(good).is_some(), "{good}");
        }
        for bad in
            ["nora", "nora@", "nora@[127.0.0.1]", "nora@127.0.0.1", "no ra@example.org", "a@b c", "a\r\n@b.example"]
        {
            assert!(mail_address(bad).is_none(), "{bad:?}");
        }
    }
}
