//! What people write, a language a file in `data/`: lists under `# headings`, templates with `{slots}`.
//!
//! | heading | lines |
//! |---|---|
//! | `order` | absent, `family-first`, or `family-first-spaced` |
//! | `first`, `last` | a name, `\|`, the same in ASCII for an e-mail address |
//! | `weekdays`, `services` | words for the slots |
//! | `opening`, `extra`, `closing`, `stop` | what a lead writes |
//! | `reply`, `followup` | what the studio writes |
//! | `pairs` | a lead's question, ` => `, the studio's answer |

use super::draw::Draw;

const WEIGHTED_FILES: [(&str, &str, u32); 13] = [
    ("en", include_str!("data/en.txt"), 44),
    ("de", include_str!("data/de.txt"), 7),
    ("pt", include_str!("data/pt.txt"), 8),
    ("es", include_str!("data/es.txt"), 8),
    ("fr", include_str!("data/fr.txt"), 7),
    ("it", include_str!("data/it.txt"), 5),
    ("hi", include_str!("data/hi.txt"), 5),
    ("ar", include_str!("data/ar.txt"), 4),
    ("he", include_str!("data/he.txt"), 2),
    ("zh", include_str!("data/zh.txt"), 3),
    ("ja", include_str!("data/ja.txt"), 2),
    ("pl", include_str!("data/pl.txt"), 3),
    ("tr", include_str!("data/tr.txt"), 2),
];

/// A name as its bearer writes it and in ASCII.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) native: &'static str,
    pub(super) ascii: &'static str,
}

/// How a full name is put together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NameOrder {
    GivenFirst,
    /// No space between the parts.
    FamilyFirst,
    FamilyFirstSpaced,
}

/// Names and texts of one language.
pub(super) struct Language {
    /// ISO 639-1.
    pub(super) code: &'static str,
    weight: u32,
    pub(super) order: NameOrder,
    pub(super) first: Vec<Name>,
    pub(super) last: Vec<Name>,
    weekdays: Vec<&'static str>,
    services: Vec<&'static str>,
    pub(super) opening: Vec<&'static str>,
    pub(super) reply: Vec<&'static str>,
    pub(super) pairs: Vec<(&'static str, &'static str)>,
    pub(super) extra: Vec<&'static str>,
    pub(super) closing: Vec<&'static str>,
    pub(super) followup: Vec<&'static str>,
    pub(super) stop: Vec<&'static str>,
}

/// Every language of the demo.
pub(super) struct Languages(Vec<Language>);

impl Languages {
    pub(super) fn load() -> Self {
        Self(WEIGHTED_FILES.iter().map(|(code, text, weight)| Language::parse(code, text, *weight)).collect())
    }

    /// One of them, the studio's own most often.
    pub(super) fn pick(&self, draw: &mut Draw) -> &Language {
        let choices: Vec<(usize, u32)> = self.0.iter().map(|language| language.weight).enumerate().collect();
        &self.0[draw.weighted(&choices)]
    }
}

impl Language {
    fn parse(code: &'static str, text: &'static str, weight: u32) -> Self {
        let order = match section(text, "order").next() {
            None => NameOrder::GivenFirst,
            Some("family-first") => NameOrder::FamilyFirst,
            Some("family-first-spaced") => NameOrder::FamilyFirstSpaced,
            Some(_) => unreachable!("`order` in data/ is one of the two above: a test reads every file"),
        };
        let names = |heading| {
            section(text, heading)
                .map(|line| line.split_once('|').expect("names in data/ have two forms: a test reads every file"))
                .map(|(native, ascii)| Name { native, ascii })
                .collect()
        };
        Self {
            code,
            weight,
            order,
            first: names("first"),
            last: names("last"),
            weekdays: section(text, "weekdays").collect(),
            services: section(text, "services").collect(),
            opening: section(text, "opening").collect(),
            reply: section(text, "reply").collect(),
            pairs: section(text, "pairs")
                .map(|line| line.split_once(" => ").expect("pairs in data/ have an answer: a test reads every file"))
                .collect(),
            extra: section(text, "extra").collect(),
            closing: section(text, "closing").collect(),
            followup: section(text, "followup").collect(),
            stop: section(text, "stop").collect(),
        }
    }
}

/// The lines under `# heading`.
fn section(text: &'static str, heading: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .skip_while(move |line| line.strip_prefix("# ") != Some(heading))
        .skip(1)
        .take_while(|line| !line.starts_with("# "))
        .filter(|line| !line.is_empty())
}

/// What fills the slots of a few lines that belong together.
pub(super) struct Slots<'a> {
    /// How the lead is addressed.
    pub(super) name: &'a str,
    /// First name of who answers.
    pub(super) member: &'a str,
    pub(super) campaign: &'a str,
    weekday: &'static str,
    service: &'static str,
    hour: i64,
    half: bool,
    minutes: i64,
    number: i64,
    pounds: i64,
}

impl<'a> Slots<'a> {
    pub(super) fn draw(
        draw: &mut Draw,
        language: &Language,
        name: &'a str,
        member: &'a str,
        campaign: &'a str,
    ) -> Self {
        Self {
            name,
            member,
            campaign,
            weekday: draw.pick(&language.weekdays),
            service: draw.pick(&language.services),
            hour: draw.between(8, 19),
            half: draw.chance(0.4),
            minutes: draw.between(2, 8) * 15,
            number: draw.between(2, 9),
            pounds: draw.between(3, 60) * 5,
        }
    }

    /// `template` with its slots filled.
    pub(super) fn fill(&self, template: &str) -> String {
        use std::fmt::Write as _;
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, remaining) = after.split_once('}').expect("slots in data/ are closed: a test fills every line");
            out.push_str(before);
            // Writing to a string can't fail.
            let _ = match slot {
                "name" => out.write_str(self.name),
                "member" => out.write_str(self.member),
                "campaign" => out.write_str(self.campaign),
                "weekday" => out.write_str(self.weekday),
                "service" => out.write_str(self.service),
                "service_cap" => {
                    let mut letters = self.service.chars();
                    out.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                    out.write_str(letters.as_str())
                }
                "time" => write!(out, "{}:{}", self.hour, if self.half { "30" } else { "00" }),
                "minutes" => write!(out, "{}", self.minutes),
                "n" => write!(out, "{}", self.number),
                "price" => write!(out, "£{}", self.pounds),
                _ => unreachable!("slots in data/ are those above: a test fills every line"),
            };
            rest = remaining;
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{Languages, Slots};
    use crate::demo::draw::{Draw, Stream};

    #[test]
    fn every_line_of_every_language_can_be_used() {
        let mut draw = Draw::new(1, Stream::Studio);
        for language in Languages::load().0 {
            let code = language.code;
            assert_eq!(language.weekdays.len(), 7, "{code}");
            for list in [&language.first, &language.last] {
                assert!(list.len() >= 4, "{code}");
                for name in list {
                    assert!(!name.native.is_empty() && name.ascii.bytes().all(|b| b.is_ascii_lowercase()), "{code}");
                }
            }
            let slots = Slots::draw(&mut draw, &language, "Nora", "Asha", "Spring portraits");
            let pairs: Vec<&str> = language.pairs.iter().flat_map(|(question, answer)| [*question, *answer]).collect();
            assert!(pairs.len() >= 8, "{code}");
            for list in [
                &language.opening,
                &language.reply,
                &pairs,
                &language.extra,
                &language.closing,
                &language.followup,
                &language.stop,
            ] {
                assert!(!list.is_empty(), "{code}");
                for template in list {
                    let line = slots.fill(template);
                    assert!(!line.trim().is_empty() && !line.contains(['{', '}', '#']), "{code}: {template}");
                }
            }
        }
    }
}
