//! What is found, what is highlighted, and that nothing typed can break it.

#![allow(clippy::unwrap_used)]

use domain::*;
use proptest::prelude::*;

use super::highlight::Folded;
use super::terms::Terms;
use super::unspaced::is_unspaced;
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

fn unspaced_desk() -> TestCache {
    let cache = new_cache();
    cache.apply(vec![
        put(lead(1, "山田太郎")),
        put(lead(2, "สมชาย ใจดี")),
        put(lead(3, "Ken Mori")),
        put(conversation(1, 1)),
        put(conversation(2, 2)),
        put(conversation(3, 3)),
        put(message(1, 1, 1, "请确认 booking 明天")),
        put(message(2, 1, 1, "明日のヨガ・クラスを予約したいです")),
        put(message(3, 2, 2, "พรุ่งนี้มีคลาสไหมคะ")),
        put(message(4, 2, 2, "ມື້ອື່ນມີຮຽນບໍ")),
        put(message(5, 3, 3, "ថ្ងៃស្អែកមានថ្នាក់ទេ")),
        put(message(6, 3, 3, "မနက်ဖြန် အတန်းရှိလား")),
        put(message(7, 3, 3, "１０時にﾖｶﾞ、ＹＯＧＡ教室。天明")),
        put(message(8, 3, 3, "Mixed请确认booking2明天ok")),
        put(message(9, 3, 3, "一行は明\n日まで続く")),
        put(message(10, 3, 3, "한국어 수업")),
    ]);
    cache
}

#[test]
fn words_inside_a_run_without_spaces_are_found() {
    let cache = unspaced_desk();
    let cases: &[(&str, &[u64], &[u64])] = &[
        ("明天", &[], &[8, 1]),
        ("确认", &[], &[8, 1]),
        ("确认 明天", &[], &[8, 1]),
        ("请确认booking", &[], &[8, 1]),
        ("book 明", &[], &[8, 1]),
        ("booking 天明", &[], &[]),
        ("认确", &[], &[]),
        ("明", &[], &[9, 8, 7, 2, 1]),
        ("明日", &[], &[9, 2]),
        ("ヨガ", &[], &[7, 2]),
        ("ﾖｶﾞ", &[], &[7, 2]),
        ("よが", &[], &[]),
        ("クラス", &[], &[2]),
        ("予約した", &[], &[2]),
        ("10時", &[], &[7]),
        ("yoga教室", &[], &[7]),
        ("ｙｏｇａ", &[], &[7]),
        ("คลาส", &[], &[3]),
        ("มีคลาส", &[], &[3]),
        ("สาลค", &[], &[]),
        ("ຮຽນ", &[], &[4]),
        ("ស្អែក", &[], &[5]),
        ("အတန်း", &[], &[6]),
        ("수업", &[], &[10]),
        ("업", &[], &[]),
        ("太郎", &[1], &[]),
        ("山田", &[1], &[]),
        ("田太", &[1], &[]),
        ("郎", &[1], &[]),
        ("太郎 明天", &[], &[1]),
        ("予約 山田", &[], &[2]),
        ("ใจ คลาส", &[], &[3]),
        ("ken 教室", &[], &[7]),
    ];
    for (typed, leads, messages) in cases {
        assert_eq!(found(&cache, typed), (leads.to_vec(), messages.to_vec()), "{typed:?}");
        for hit in cache.search(typed, 20).unwrap().messages {
            assert!(!hit.snippet_spans.is_empty(), "{typed:?} is not shown in {:?}", hit.snippet);
        }
    }
    let places = |typed: &str, n: usize| -> Vec<String> {
        let hit = cache.search(typed, 20).unwrap().messages.remove(n);
        hit.snippet_spans.iter().map(|span| at_utf16(&hit.snippet, span)).collect()
    };
    assert_eq!(places("确认booking 明天", 0), ["确认booking", "明天"]);
    assert_eq!(places("明日", 0), ["明\n日"]);
    assert_eq!(places("ヨガ", 0), ["ﾖｶﾞ"]);
    assert_eq!(places("คลาส", 0), ["คลาส"]);
    assert!(cache.search("茶", 5).unwrap().coverage.messages_searched, "one character can be a word");
}

/// What the index of messages holds: word, message and place of each.
fn instances(cache: &TestCache) -> Vec<(String, Vec<u8>, i64)> {
    cache.with_writer(|db| {
        db.execute_batch(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.word USING fts5vocab ('main', 'message_fts', 'instance')",
        )
        .unwrap();
        db.prepare("SELECT w.term, m.id, w.offset FROM temp.word w LEFT JOIN message m ON m.n = w.doc ORDER BY 1, 2, 3")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    })
}

#[test]
fn the_index_knows_every_character_of_a_script_without_spaces() {
    // Those that only an older table of Unicode leaves out would be found by nobody.
    let all: Vec<char> = ('\u{80}'..=char::MAX).filter(|c| c.is_alphanumeric() && is_unspaced(*c)).collect();
    assert!(all.len() > 90_000);
    let cache = new_cache();
    cache.apply(
        all.chunks(5_000).zip(1..).map(|(part, n)| put(message(n, 1, 1, &part.iter().collect::<String>()))).collect(),
    );
    let held: std::collections::HashSet<String> = instances(&cache).into_iter().map(|(term, ..)| term).collect();
    let missing: Vec<char> = all
        .into_iter()
        .filter(|c| fold(&c.to_string()).chars().any(|c| c.is_alphanumeric() && !held.contains(&c.to_string())))
        .collect();
    assert!(
        missing.is_empty(),
        "{} missing: {:x?}",
        missing.len(),
        missing.iter().map(|c| u32::from(*c)).collect::<Vec<_>>()
    );
}

#[test]
fn what_is_deleted_leaves_no_character_in_the_index() {
    let cache = new_cache();
    cache.apply(vec![
        put(conversation(1, 1)),
        put(message(1, 1, 1, "鑫鑫 zanzibar 请确认")),
        put(message(2, 1, 1, "请明天")),
    ]);
    // As terms share their beginnings, the last bytes of a character are looked for.
    let holds = |text: &str| -> bool {
        cache.with_reader(|db| {
            let mut statement = db.prepare("SELECT block FROM message_fts_data").unwrap();
            let mut blocks = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
            blocks.any(|block| block.unwrap().windows(text.len() - 1).any(|part| part == &text.as_bytes()[1..]))
        })
    };
    for text in ["鑫", "zanzibar", "确", "请", "天"] {
        assert!(holds(text), "control: {text} is in the index");
    }
    cache.apply(vec![put(message(2, 1, 1, "请ｙｅｓ"))]);
    cache.apply(vec![wire::changes::Change::Delete(wire::changes::RowId::Message(message_id(1)))]);
    for (text, is_held) in
        [("鑫", false), ("zanzibar", false), ("确", false), ("天", false), ("请", true), ("yes", true)]
    {
        assert_eq!(holds(text), is_held, "{text}");
    }
}

#[test]
fn a_thread_shows_the_words_that_were_searched() {
    let cache = desk();
    cache.apply(vec![
        put(message(5, 1, 1, "\u{202e}saturday\u{7} 🎉 then: SATURDAYS, class or no class")),
        put(message(6, 1, 1, "Nora likes classes")),
    ]);
    let thread = |searched: Option<&str>| -> Vec<(u64, Vec<String>)> {
        let page = cache.message_page(conversation_id(1), MessageAnchor::Newest, 9, searched).unwrap();
        let text_of = |id| page.messages.iter().find(|message| message.id == id).unwrap().body.clone();
        let shown = |found: &MessageSpans| {
            let body = text_of(found.message_id);
            found.spans.iter().map(|span| at_utf16(&body, span)).collect()
        };
        page.found.iter().map(|found| (found.message_id.as_uuid().as_u64_pair().1 & 0xffff, shown(found))).collect()
    };
    let of = |n: u64, shown: &[&str]| (n, shown.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
    assert_eq!(thread(None), []);
    assert_eq!(thread(Some("saturday")), [of(1, &["Saturday"]), of(5, &["saturday", "SATURDAY"])]);
    assert_eq!(thread(Some("CAFÉ metro")), [of(1, &["Café", "métro"])]);
    assert_eq!(thread(Some("class sat")), [of(1, &["class", "Sat"]), of(5, &["sat", "SAT", "class", "class"])]);
    // Some of the words are the lead's name.
    assert_eq!(thread(Some("nora class")), [of(1, &["class"]), of(5, &["class", "class"]), of(6, &["Nora", "class"])]);
    assert_eq!(thread(Some("omar class")), []);
    assert_eq!(thread(Some("\"* 💥")), []);
    // What is shown in a result is shown in the thread.
    for typed in ["saturday", "nora class", "class sat", "cafe"] {
        let hits = cache.search(typed, 20).unwrap().messages;
        let shown = thread(Some(typed));
        assert_eq!(hits.iter().filter(|hit| hit.conversation_id == conversation_id(1)).count(), shown.len(), "{typed}");
    }
}

#[test]
fn it_is_said_when_more_match_or_may() {
    let cache = new_cache();
    cache.apply((1..=9).flat_map(|n| [put(lead(n, "Nora Lind")), put(conversation(n, n))]).collect());
    cache.apply((1..=30).map(|n| put(message(n, 1 + n % 9, 1 + n % 9, "the word, a 明天"))).collect());
    let more = |typed: &str, limit: u32| {
        let results = cache.search(typed, limit).unwrap();
        (results.more_leads, results.more_messages)
    };
    for (typed, limit, expected) in [
        ("nora", 8, (true, false)),
        ("nora", 9, (false, false)),
        ("no", 8, (true, false)),
        ("no", 9, (false, false)),
        ("word", 29, (false, true)),
        ("word", 30, (false, false)),
        ("word a", 30, (false, false)),
        ("明天", 29, (false, true)),
        ("明天", 30, (false, false)),
        ("nora word", 29, (false, true)),
        ("nora word", 30, (false, false)),
        ("zzz", 5, (false, false)),
        ("", 5, (false, false)),
    ] {
        assert_eq!(more(typed, limit), expected, "{typed:?}, {limit}");
    }
    // Past what is looked at for words the indexes can't tell: there may be more, and it does not say there are none.
    cache.apply((100..600).map(|n| put(lead(n, "Nora Vos"))).chain([put(lead(600, "Nora Zorn"))]).collect());
    cache.apply((100..1_300).map(|n| put(message(n, 1, 1, "the word again"))).collect());
    cache.apply((2_000..2_300).map(|n| put(message(n, 100, 100, "a pilates mat"))).collect());
    assert_eq!(cache.search("nora li", 5).unwrap().leads.len(), 5);
    assert_eq!(more("nora zi", 5), (true, false));
    let hits = cache.search("nora zo", 5).unwrap().leads;
    assert_eq!(hits.iter().map(|hit| hit.name.as_str()).collect::<Vec<_>>(), ["Nora Zorn"], "typed as it begins");
    assert_eq!(more("word z", 5), (false, true));
    assert_eq!(more("nora zzz", 5), (false, false));
    assert_eq!(more("vos word", 5), (false, true));
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

fn mixed_text() -> impl Strategy<Value = String> {
    "([a-c]{1,3}|[明天请确ヨｶﾞがก็คລາ１Ａé🎉、]| ){0,12}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_index_is_as_if_built_anew(
        edits in prop::collection::vec((0u64..6, 0i64..4, prop::option::of(mixed_text())), 1..24),
    ) {
        let (cache, fresh) = (new_cache(), new_cache());
        let mut last = std::collections::BTreeMap::new();
        for (n, second, body) in edits {
            match body {
                Some(body) => {
                    let message = Message { sent_at: at(second), ..message(n, 1, 1, &body) };
                    last.insert(n, message.clone());
                    cache.apply(vec![put(message)]);
                }
                None => {
                    last.remove(&n);
                    cache.apply(vec![wire::changes::Change::Delete(wire::changes::RowId::Message(message_id(n)))]);
                }
            }
        }
        fresh.apply(last.into_values().map(put).collect());
        prop_assert_eq!(instances(&cache), instances(&fresh));
        cache.with_writer(|db| {
            db.execute("INSERT INTO message_fts (message_fts) VALUES ('integrity-check')", []).unwrap()
        });
    }

    #[test]
    fn a_run_without_spaces_is_found_by_any_part(text in "[明天请确ヨｶがกค]{1,12}", from in 0usize..12, length in 1usize..6) {
        thread_local! { static RUN: TestCache = new_cache(); }
        let part: String = text.chars().skip(from).take(length).collect();
        RUN.with(|cache| {
            cache.apply(vec![put(message(1, 1, 1, &text))]);
            prop_assert_eq!(found(cache, &part).1, if part.is_empty() { vec![] } else { vec![1] });
            Ok(())
        })?;
    }
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
