//! What is found, what is highlighted, and that nothing typed can break it.

#![allow(clippy::unwrap_used)]

use domain::*;
use proptest::prelude::*;

use super::highlight::Folded;
use super::terms::Terms;
use crate::read::*;
use crate::testing::*;

fn desk() -> TestCache {
    let cache = new_cache();
    let nora = Lead {
        email: Some("nora.lind@example.com".to_owned()),
        phone: Some(phone("+447700900123")),
        ..lead(1, "Nora Lind")
    };
    cache.apply(vec![
        put(nora),
        put(Lead { phone: Some(phone("+12025550123")), ..lead(2, "Ángel Žižek") }),
        put(lead(3, "田中 さくら")),
        put(lead(4, "Eleonora O'Neill \"NEAR(\" *")),
        put(lead(5, "ＮＯＲＩＫＯ")),
        put(conversation(1, 1)),
        put(conversation(2, 2)),
        put(message(1, 1, 1, "Is there a class on Saturday? Café près du métro")),
        put(message(2, 2, 2, "saturdays I can't, Sunday's better")),
        put(message(3, 1, 1, "日本 e-mail: don't * NEAR( \"quoted\" - it's AND OR NOT")),
        put(message(4, 2, 2, "हिन्दी में संदेश")),
    ]);
    cache
}

fn found(cache: &TestCache, text: &str) -> (Vec<u64>, Vec<u64>) {
    let number = |uuid: &uuid::Uuid| uuid.as_u64_pair().1 & 0xffff;
    let results = cache.search(text, 20).unwrap();
    let mut leads: Vec<u64> = results.leads.iter().map(|hit| number(hit.lead_id.as_uuid())).collect();
    leads.sort_unstable();
    (leads, results.messages.iter().map(|hit| number(hit.message_id.as_uuid())).collect())
}

fn at_utf16(text: &str, span: &Span) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    String::from_utf16(&units[span.start as usize..span.end as usize]).unwrap()
}

#[test]
fn words_are_found_where_a_person_would_look() {
    let cache = desk();
    // (typed, leads, messages newest first)
    let cases: &[(&str, &[u64], &[u64])] = &[
        ("nora", &[1, 4], &[]),
        ("NORA LIND", &[1], &[]),
        ("lind nora", &[1], &[]),
        ("angel", &[2], &[]),
        ("žižek", &[2], &[]),
        ("izek", &[2], &[]),
        ("noriko", &[5], &[]),
        ("no", &[1, 5], &[]),
        ("n", &[1, 4, 5], &[]),
        ("o'neill", &[4], &[]),
        ("田中", &[3], &[]),
        ("nora.lind@ex", &[1], &[]),
        ("example.com", &[1], &[]),
        ("sat", &[], &[2, 1]),
        ("cafe", &[], &[1]),
        ("CAFÉ metro", &[], &[1]),
        ("class sunday", &[], &[]),
        ("turday", &[], &[]),
        ("nor sat", &[], &[1]),
        ("saturday nora lind", &[], &[1]),
        ("angel sunday better", &[], &[2]),
        ("angel class", &[], &[]),
        ("class a", &[], &[1]),
        ("class z", &[], &[]),
        ("हिन्दी", &[], &[4]),
        ("07700 900", &[1], &[]),
        ("7700900", &[1], &[]),
        ("+44 (0)7700 900-123", &[1], &[]),
        ("0044 7700", &[1], &[]),
        ("00123", &[1, 2], &[]),
        ("nora 7700900", &[1], &[]),
        ("angel 7700900", &[], &[]),
        ("", &[], &[]),
        ("   ", &[], &[]),
        ("zzzz", &[], &[]),
    ];
    for (typed, leads, messages) in cases {
        assert_eq!(found(&cache, typed), (leads.to_vec(), messages.to_vec()), "{typed:?}");
    }
}

#[test]
fn what_is_typed_is_text_and_nothing_else() {
    let cache = desk();
    for typed in [
        "\"",
        "\"\"",
        "*",
        "NEAR(",
        "NEAR(class saturday)",
        "-",
        "'",
        "don't",
        "class\" OR \"1",
        "body : class",
        "{body} : class",
        "^class",
        "class*",
        "(class",
        "a\0b class",
        "class \u{202e}",
        "%",
        "_",
        "\\",
        ";--",
        "OR",
        "AND NOT",
        "💥💥💥",
        "\u{301}\u{301}\u{301}",
        "class +",
        "x'00'",
        "\u{fffd}",
        "+",
        "(0)",
        "000",
        "ß",
        "İstanbul",
    ] {
        let results = cache.search(typed, 20).unwrap();
        for hit in &results.messages {
            assert!(!hit.snippet_spans.is_empty() || typed.contains('\u{202e}'), "{typed:?}");
        }
    }
    assert_eq!(found(&cache, "don't").1, [3]);
    assert_eq!(found(&cache, "e-mail").1, [3]);
    assert_eq!(found(&cache, "\"quoted\" *").1, [3]);
    assert_eq!(found(&cache, "near( and or not").1, [3]);
    assert_eq!(found(&cache, "class* -").1, [1]);
    cache.search(&"word ".repeat(10_000), 5).unwrap();
    cache.search(&"w".repeat(1_000_000), 5).unwrap();
}

#[test]
fn short_queries_say_that_messages_were_not_searched() {
    let cache = desk();
    for (typed, searched) in [("no", false), ("n l", false), ("nor", true), ("no lind", true), ("", false)] {
        assert_eq!(cache.search(typed, 5).unwrap().coverage.messages_searched, searched, "{typed:?}");
    }
    let coverage = cache.search("nor", 5).unwrap().coverage;
    assert_eq!((coverage.leads, coverage.messages, coverage.is_complete), (5, 4, false));
    cache.apply_page(&finished("end", vec![])).unwrap();
    assert!(cache.search("nor", 5).unwrap().coverage.is_complete);
}

#[test]
fn the_place_is_shown() {
    let cache = desk();
    let lead = |typed: &str| cache.search(typed, 5).unwrap().leads.remove(0);
    let hit = lead("lind nor");
    assert_eq!(hit.name_spans.iter().map(|span| at_utf16(&hit.name, span)).collect::<Vec<_>>(), ["Nor", "Lind"]);
    assert_eq!(hit.matched, MatchedField::Email);
    assert_eq!(hit.matched_text, "nora.lind@example.com");
    let hit = lead("zizek");
    assert_eq!((hit.matched, at_utf16(&hit.name, &hit.name_spans[0]).as_str()), (MatchedField::Name, "Žižek"));
    let hit = lead("07700 900");
    assert_eq!((hit.matched, hit.matched_text.as_str()), (MatchedField::Phone, "+447700900123"));
    assert_eq!(at_utf16(&hit.matched_text, &hit.matched_spans[0]), "7700900");
    let message = cache.search("cafe", 5).unwrap().messages.remove(0);
    assert_eq!(at_utf16(&message.snippet, &message.snippet_spans[0]), "Café");
    assert_eq!((message.lead_name.as_str(), message.sent_at), ("Nora Lind", at(1)));
}

#[test]
fn a_snippet_is_the_part_around_the_first_match() {
    let cache = new_cache();
    let long = format!("{} 🎉needle🎉 {}", "filler ".repeat(100), "after ".repeat(100));
    cache.apply(vec![put(message(1, 1, 1, &long))]);
    let hit = cache.search("needle", 5).unwrap().messages.remove(0);
    assert!(hit.snippet.chars().count() <= 160);
    assert_eq!(at_utf16(&hit.snippet, &hit.snippet_spans[0]), "needle");
    assert!(hit.snippet.starts_with("filler"), "begins with a word: {}", hit.snippet);
}

#[test]
fn a_megabyte_of_name_and_of_text_is_stored_and_found() {
    let cache = new_cache();
    let name = format!("Nora {}", "x\u{301}🎉 ".repeat(130_000));
    let body = format!("{} tail", "a\u{0}b ".repeat(250_000));
    cache.apply(vec![put(lead(1, &name)), put(message(1, 1, 1, &body))]);
    assert_eq!(cache.get_lead_detail(lead_id(1)).unwrap().lead.name, name);
    assert_eq!(found(&cache, "nora"), (vec![1], vec![]));
    assert_eq!(found(&cache, "tail"), (vec![], vec![1]));
}

#[test]
fn newest_messages_come_first_and_no_more_than_asked_for() {
    let cache = new_cache();
    cache.apply((0..30).map(|n| put(message(n * 7 % 30, 1, 1, "the word"))).collect());
    let hits = cache.search("wor", 10).unwrap().messages;
    let times: Vec<_> = hits.iter().map(|hit| hit.sent_at).collect();
    assert_eq!(times, (20..30).rev().map(at).collect::<Vec<_>>());
}

#[test]
fn tidying_ends_and_changes_no_answer() {
    let cache = new_cache();
    for n in 0..40 {
        cache.apply(vec![put(message(n, 1, 1, "the word")), put(lead(n, "Nora"))]);
    }
    let mut steps = 0;
    while cache.tidy().unwrap() {
        steps += 1;
        assert!(steps < 1_000, "it ends");
    }
    assert_eq!(cache.search("word", 100).unwrap().messages.len(), 40);
    assert_eq!(cache.search("nora", 100).unwrap().leads.len(), 40);
    cache.with_writer(|db| {
        db.execute("INSERT INTO message_fts (message_fts, rank) VALUES ('integrity-check', 1)", []).unwrap()
    });
}

proptest! {
    #[test]
    fn spans_are_within_the_text_in_order_and_on_letters(
        text in "(\\PC|[aábß\u{301}ﬁ🎉İ \n]){0,60}",
        typed in "[aábf🎉iß \u{301}]{1,8}",
        most in 1usize..20,
        lead_in in 0u32..10,
    ) {
        let terms = Terms::new(&typed);
        let folded = Folded::new(&text);
        let found: Vec<_> = terms.words.iter().flat_map(|word| folded.find(&word.folded, false)).collect();
        let check = |shown: &str, spans: &[Span]| {
            let units: Vec<u16> = shown.encode_utf16().collect();
            let mut reached = 0;
            for span in spans {
                prop_assert!(span.start < span.end && reached <= span.start && span.end as usize <= units.len());
                reached = span.end;
                prop_assert!(String::from_utf16(&units[span.start as usize..span.end as usize]).is_ok());
            }
            Ok(())
        };
        let spans = folded.spans(found.clone());
        check(&text, &spans)?;
        prop_assert_eq!(found.is_empty(), spans.is_empty());
        let (snippet, spans) = folded.snippet(found, most, lead_in);
        prop_assert!(snippet.chars().count() <= most && text.contains(&snippet));
        check(&snippet, &spans)?;
    }

    #[test]
    fn a_word_is_found_where_folding_says(text in "[aÁbB \u{301}ﬁ]{0,20}", word in "[abfi]{1,3}") {
        prop_assert_eq!(Folded::new(&text).has(&word, false), fold(&text).contains(&word));
    }

    #[test]
    fn no_text_breaks_the_search(typed in "\\PC{0,20}|[\"'*()^:+\\-a-c\\x00 ]{0,20}") {
        thread_local! { static DESK: TestCache = desk(); }
        let answer = DESK.with(|cache| cache.search(&typed, 5).map(drop));
        prop_assert_eq!(answer, Ok(()));
    }
}
